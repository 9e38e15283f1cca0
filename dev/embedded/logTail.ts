/** The end of a log file, for error messages. */
import { readFile } from 'node:fs/promises';

const LINES = 10;

export async function tailOf(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n');
  return `The end of its log:\n${lines.slice(-LINES).join('\n') || '(empty)'}`;
}
