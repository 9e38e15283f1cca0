/** Runs the lines of pages against a scene. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { ROOT } from '#support/paths.ts';
import type { PageLine } from './pageLines.ts';
import type { Scene } from './scene.ts';

const execute = promisify(execFile);
const COMMAND_LIMIT_MS = 60_000;
const EXECUTABLE = 0o755;
/** `ops` as the operations pages define it, and every fault of a pipe is one. */
const PRELUDE = 'set -euo pipefail; ops() { npm run -s ops -- "$@"; }; ';
/** What a check has found is told by the exit code; that is no failure of the line. */
const TELLS_BY_CODE = /^npm run ops -- health/;
const FINDINGS = [1, 2];
/** A refusal has to make curl fail, which it does not by itself. */
const CURL =
  '#!/bin/sh\nfor dir in /usr/bin /bin /usr/local/bin; do\n  [ -x $dir/curl ] && exec $dir/curl --fail-with-body "$@"\ndone\nexit 127\n';

/** A folder with the tools in the versions that the project names. */
export async function toolFolder(
  folder: string,
  tools: PrometheusTools,
  temporal: string,
): Promise<string> {
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  await symlink(temporal, path.join(bin, 'temporal'));
  for (const name of ['promtool', 'amtool'] as const) {
    if (path.isAbsolute(tools[name])) await symlink(tools[name], path.join(bin, name));
  }
  await writeFile(path.join(bin, 'curl'), CURL);
  await chmod(path.join(bin, 'curl'), EXECUTABLE);
  return bin;
}

/** The line with what stands for its placeholders. @throws Error when one is not in the table. */
export function filled({ text }: PageLine, { placeholders }: Scene): string {
  let line = text;
  for (const [written, value] of placeholders) line = line.replaceAll(written, value);
  const [left] = /<[a-z][^<>\n]*>/.exec(line.replaceAll(/'[^']*'|"[^"]*"/g, '')) ?? [];
  if (left) throw new Error(`nothing stands for ${left}`);
  return line;
}

/** @throws Error with what it prints, when it fails. */
export async function runCommand(command: string, scene: Scene, bin: string): Promise<string> {
  const search = [bin, path.join(ROOT, 'node_modules/.bin'), process.env.PATH].join(':');
  const options = {
    cwd: ROOT,
    timeout: COMMAND_LIMIT_MS,
    env: { ...scene.env, PATH: search, HOME: process.env.HOME },
  };
  const { stdout } = await execute('bash', ['-c', PRELUDE + command], options).catch((error) => {
    if (TELLS_BY_CODE.test(command) && FINDINGS.includes(error.code)) return error;
    throw new Error(`ended with ${error.code}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

/** A line that changes something, and is run after all that only look. */
export const changes = ({ text }: PageLine): boolean =>
  /ops -- (skip|retry|cleanup <)|signals\/|terminate|activity reset|set-current|trigger-workflow|^npm run migrate/.test(
    text,
  );
