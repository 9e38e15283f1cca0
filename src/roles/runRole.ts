/** Runs the role in the command line; every entry point uses it. */
import { ConfigError } from '#config.ts';
import { runMain } from './commandLine.ts';

/** The function of each role; it gets the arguments after the role's name. */
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
 * @param argv the role and its arguments. Errors that the operator can fix are printed without a
 *   stack, others with it; the exit code is then 1.
 */
export async function runRole(usage: string, roles: Roles, argv: string[]): Promise<void> {
  await runMain(() => run(usage, roles, argv));
}
