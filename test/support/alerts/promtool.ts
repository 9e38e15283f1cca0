/** Plays series to rules with `promtool test rules`, without files in the repository. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { RuleGroup } from '#alerts/src/alert.ts';
import { ruleFile } from '#alerts/src/ruleFiles.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { CACHE } from '#support/paths.ts';

const execute = promisify(execFile);
const LIMIT_MS = 1_200_000;

export interface PlayedSeries {
  /** Name and labels. */
  series: string;
  /** A sample for each interval; undefined where there is none. */
  samples: readonly (number | undefined)[];
}

interface Expectation {
  expr: string;
  /** Value by labels, in PromQL's notation. */
  samples: Record<string, number>;
}

/** promtool's notation: runs of equal samples, and of none, are written once. */
function valuesOf(samples: PlayedSeries['samples']): string {
  const written: string[] = [];
  for (let at = 0; at < samples.length; ) {
    let end = at + 1;
    while (end < samples.length && samples[end] === samples[at]) end++;
    const count = end - at;
    if (samples[at] === undefined) written.push(`_x${count}`);
    else written.push(count > 1 ? `${samples[at]}x${count - 1}` : String(samples[at]));
    at = end;
  }
  return written.join(' ');
}

/** @returns what promtool says of unmet expectations; an empty string when all are met. */
export async function playSeries(
  groups: readonly RuleGroup[],
  minutesBetween: number,
  played: readonly PlayedSeries[],
  expectations: readonly Expectation[],
): Promise<string> {
  const { promtool } = await resolvePrometheusTools({ cacheFolder: CACHE, log: () => {} });
  const folder = await mkdtemp(path.join(CACHE, 'promtool-'));
  const interval = `${minutesBetween}m`;
  const length = Math.max(...played.map(({ samples }) => samples.length));
  const test = {
    interval,
    input_series: played.map(({ series, samples }) => ({ series, values: valuesOf(samples) })),
    promql_expr_test: expectations.map(({ expr, samples }) => ({
      expr,
      eval_time: `${(length - 1) * minutesBetween}m`,
      exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
    })),
  };
  try {
    for (const group of groups) {
      const content = ruleFile(group, createTimeScale());
      await writeFile(path.join(folder, `${group.name}.yml`), content);
    }
    const file = path.join(folder, 'played.test.yml');
    const rule_files = groups.map(({ name }) => `${name}.yml`);
    const group_eval_order = groups.map(({ name }) => name);
    const content = { rule_files, evaluation_interval: interval, group_eval_order, tests: [test] };
    await writeFile(file, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
    await execute(promtool, ['test', 'rules', file], { cwd: folder, timeout: LIMIT_MS });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}` || String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
