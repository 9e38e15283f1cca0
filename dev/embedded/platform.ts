/** The whole platform on this machine: the embedded stack with API and worker. */
import { createProcesses, type Processes, type RoleName, type RoleProcess } from './processes.ts';
import { createReleasers } from './releasers.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

export interface Platform {
  stack: Stack;
  /** Starts a role again after it was stopped or killed. */
  processes: Processes;
  roles: Record<RoleName, RoleProcess>;
  apiUrl: string;
  /** Stops the roles first, then the services that they use. */
  stop(): Promise<void>;
}

/**
 * Resolves when API and worker are ready. When a part fails, all parts are stopped.
 * @throws Error of the first part that failed; AbortError once `stopping` is aborted.
 */
export async function startPlatform(
  options: StackOptions & Required<Pick<StackOptions, 'onStarted'>>,
  stopping: AbortSignal,
): Promise<Platform> {
  const startedAt = performance.now();
  const releasers = createReleasers();
  const stack = await startStack(options);
  releasers.push(stack.stop);
  const processes = createProcesses(stack);
  releasers.push(processes.stop);
  async function startRole(role: RoleName, name: string): Promise<RoleProcess> {
    const started = await processes.start(role);
    options.onStarted(name, performance.now() - startedAt);
    return started;
  }
  try {
    stopping.throwIfAborted();
    const [api, worker] = await Promise.all([
      startRole('api', 'API'),
      startRole('worker', 'Worker'),
    ]);
    stopping.throwIfAborted();
    const apiUrl = `http://127.0.0.1:${stack.env.PORT}`;
    return { stack, processes, roles: { api, worker }, apiUrl, stop: releasers.releaseAll };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

/** Addresses that a person may want to open or connect to, by name. */
export function addressesOf({ stack, apiUrl }: Platform): [name: string, address: string][] {
  const { env, temporal, smtp, dns, cloudflare, supabase, folder } = stack;
  return [
    ['API', apiUrl],
    ['API documentation', `${apiUrl}/docs`],
    ['Temporal Web UI', temporal.uiUrl ?? ''],
    ['Mailbox', smtp.mailboxUrl],
    ['Worker health', `http://127.0.0.1:${env.HEALTH_CHECK_PORT}/ready`],
    ['Temporal', temporal.address],
    ['PostgreSQL', env.MIGRATION_DATABASE_URL ?? ''],
    ['SMTP', `127.0.0.1:${smtp.port}`],
    ['DNS (UDP)', dns.resolvers.join('  ')],
    ['Cloudflare API', cloudflare.url],
    ['Supabase Auth', supabase.url],
    ['Logs', folder],
  ];
}
