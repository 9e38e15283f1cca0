/**
 * `npx node test/replay/record/record.ts [<name>…]`: makes one run of every kind of ending on the
 * embedded stack and writes its history to test/replay/histories. What is there already is kept,
 * because runs like it may be under way in production; names as arguments record those again.
 */
import { startStack } from '#dev/embedded/stack.ts';
import { bootstraps } from './bootstraps.ts';
import { deletions } from './deletions.ts';
import { isRecorded } from './historyFiles.ts';
import { invitations } from './invitations.ts';
import { type Recording, record } from './recording.ts';
import { singleSignOn } from './singleSignOn.ts';

const RECORDINGS: Record<string, Recording> = {
  ...bootstraps,
  ...deletions,
  ...invitations,
  ...singleSignOn,
};

async function missing(): Promise<string[]> {
  const names: string[] = [];
  for (const name of Object.keys(RECORDINGS)) if (!(await isRecorded(name))) names.push(name);
  return names;
}

/** @throws Error when there is no recording of that name. */
async function recordAll(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in RECORDINGS));
  if (unknown.length > 0) {
    const known = Object.keys(RECORDINGS).join(', ');
    throw new Error(`there is no recording ${unknown.join(', ')}; there are ${known}`);
  }
  if (names.length === 0) return console.log('every history is recorded');
  const stack = await startStack();
  try {
    for (const name of names) await record(stack, name, RECORDINGS[name]!);
  } finally {
    await stack.stop();
  }
}

try {
  const asked = process.argv.slice(2);
  await recordAll(asked.length > 0 ? asked : await missing());
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
