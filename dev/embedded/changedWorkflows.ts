/** Bundles of older or changed workflow code: the present sources with replacements applied. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflows } from '#kernel/temporal/workflowBundle.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Change {
  /** File in `src`. */
  file: string;
  from: string;
  to: string;
}

const BOOTSTRAP = 'onboarding/workflow.ts';
const ENDING = 'onboarding/workflow/ending.ts';

/** The code from before DNS verification existed: it has none of the later patches either. */
export const BEFORE_DNS_VERIFICATION: Change[] = [
  { file: BOOTSTRAP, from: `if (patched('dns-verification')) {`, to: 'if (false) {' },
  {
    file: ENDING,
    from: `if (!patched('user-invitation-runs')) return;`,
    to: 'if (true) return;',
  },
  { file: ENDING, from: `patched('activation-not-cancellable')`, to: 'false' },
  { file: ENDING, from: `patched('undo-by-the-store')`, to: 'false' },
  { file: ENDING, from: '  patched,\n', to: '' },
  { file: BOOTSTRAP, from: '  patched,\n', to: '' },
];

/** @throws Error when a replacement does not match the sources any more. */
export async function bundleChangedWorkflows(changes: Change[]): Promise<string> {
  // Inside the project, to find its packages; with its own package.json for `#` imports.
  const folder = await mkdtemp(path.join(ROOT, '.cache', 'changed-workflows-'));
  const src = path.join(folder, 'src');
  try {
    await cp(path.join(ROOT, 'src'), src, { recursive: true });
    const { type, imports } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ type, imports }));
    for (const { file, from, to } of changes) {
      const source = await readFile(path.join(src, file), 'utf8');
      if (!source.includes(from)) throw new Error(`${file} does not contain ${from}`);
      await writeFile(path.join(src, file), source.replace(from, to));
    }
    return await bundleWorkflows(path.join(src, 'workflows.ts'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
