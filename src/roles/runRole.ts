/** Runs the role that the command line names: what every entry point does. */
import { ConfigError } from '#config.ts';
import { runMain } from './commandLine.ts';

/** What each role does with the arguments behind its name. */
export type Roles = Readonly<Record<string, (args: string[]) => Promise<void>>>;

async function run(usage: string, roles: Roles, [role = '', ...args]: string[]): Promise<void> {
  if (role === '--help' || role === '-h') {
    console.log(usage);
    return;
  }
  const start = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (!start) {
    throw new ConfigError(`${role ? `unknown role ${role}` : 'no role given'}\n\n${usage}`);
  }
  await start(args);
}

/**
 * @param argv the role and its arguments. What the operator can change is printed plainly, and
 *   anything else with its stack; the exit code is then 1.
 */
export async function runRole(usage: string, roles: Roles, argv: string[]): Promise<void> {
  await runMain(() => run(usage, roles, argv));
}
