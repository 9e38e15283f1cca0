/** The receivers of an alert, calculated by amtool from `alerts/alertmanager.yml`. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AlertDefinition } from '#alerts/src/alert.ts';

const ROUTES = path.resolve(import.meta.dirname, '../alertmanager.yml');
const LIMIT_MS = 30_000;

const execute = promisify(execFile);

/** Static labels of a rule; labels with a template have no value before the alert fires. */
const labelsOf = ({ name, severity, team, service, labels }: AlertDefinition): string[] =>
  Object.entries({ alertname: name, severity, team, service, ...labels })
    .filter(([, value]) => !value.includes('{{'))
    .map(([label, value]) => `${label}=${value}`);

/**
 * @param amtool path of the program, or its name on PATH.
 * @returns names of receivers in the order of the routes; several where a route continues.
 * @throws Error when amtool cannot read the routes.
 */
export async function receiversOf(amtool: string, rule: AlertDefinition): Promise<string[]> {
  const args = ['config', 'routes', 'test', `--config.file=${ROUTES}`, ...labelsOf(rule)];
  const { stdout } = await execute(amtool, args, { timeout: LIMIT_MS });
  return stdout.trim().split(/[,\s]+/);
}
