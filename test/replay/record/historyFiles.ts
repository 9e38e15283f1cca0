/** Recorded histories: where they are, and without what tells who recorded them. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const HISTORIES = path.join(ROOT, 'test/replay/histories');

const fileOf = (name: string): string => path.join(HISTORIES, `${name}.json`);

/** Without the names of the machine and the folder it was recorded on. */
const anonymous = (history: string): string =>
  history
    .replaceAll(ROOT, '')
    .replace(/"identity": "[^"]*"/g, '"identity": "recorder"')
    .replace(/"name": "\d+@[^"]+"/g, '"name": "sticky"');

export const isRecorded = (name: string): Promise<boolean> =>
  access(fileOf(name)).then(
    () => true,
    () => false,
  );

/** Writes the history of a run that has ended. */
export async function recordHistory(name: string, handle: WorkflowHandle): Promise<void> {
  await mkdir(HISTORIES, { recursive: true });
  const history = anonymous(historyToJSON(await handle.fetchHistory()));
  await writeFile(fileOf(name), `${history.trimEnd()}\n`);
  console.log(`recorded ${name}`);
}
