/** What can be broken in an embedded stack, by its own process or by another one on this machine. */
import pg from 'pg';
import { createApiClient } from '#dev/demo/apiClient.ts';
import { CALLER, sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import type { CloudflareFault } from '#dev/loopback/loopbackCloudflare.ts';
import type { ResolverFault } from '#dev/loopback/loopbackDns.ts';
import type { SmtpFault } from '#dev/loopback/loopbackSmtp.ts';
import type { SupabasePart } from '#dev/loopback/loopbackSupabase.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import type { RoleName, Roles } from './processes.ts';
import type { Stack } from './stack.ts';

export interface StartedOnboarding {
  organizationId: string;
  workflowId: string;
}

/** Every argument and result can be written as JSON: the same calls work over the control port. */
export interface Breakable {
  /** Answers of Cloudflare from now on; `none` ends all faults. */
  cloudflare(fault: CloudflareFault | 'none'): Promise<void>;
  /** Answers of the mail server to every recipient. */
  smtp(fault: SmtpFault | 'none'): Promise<void>;
  /** Answers of every resolver. */
  resolvers(fault: ResolverFault): Promise<void>;
  /** Parts of Supabase Auth that cut each connection; none when empty. */
  supabaseAway(parts: SupabasePart[]): Promise<void>;
  /** Makes a process stand still, or go on. */
  still(part: 'temporal' | RoleName, isStill: boolean): Promise<void>;
  kill(role: RoleName): Promise<void>;
  /** Stops a role if it runs, and starts it with the stack's settings and these. */
  restart(role: RoleName, settings?: Record<string, string>): Promise<void>;
  /** Statements of the database's owner. */
  sql(statements: string): Promise<void>;
  /** Makes the database's disk full to this share; 0 gives the space back. */
  disk(share: number): Promise<void>;
  /** Opens so many connections to the database, which do nothing. */
  connect(count: number): Promise<void>;
  /** Begins a transaction with these statements in a session of its own, and leaves it open. */
  hold(statements: string): Promise<void>;
  /** Ends the sessions of `hold` and `connect`. */
  release(): Promise<void>;
  pauseSchedules(isPaused: boolean): Promise<void>;
  searchAttribute(name: string, isThere: boolean): Promise<void>;
  /** Requests an onboarding. @throws Error when it is not accepted. */
  onboard(): Promise<StartedOnboarding>;
}

const MANY = 1_000_000;
const START_PATH = '/api/v1/workflows/organization-bootstrap';
const NAMESPACE = 'default';
const KEYWORD = 2;

export interface BreakableParts {
  stack: Stack;
  owner: pg.Pool;
  roles: Roles;
}

async function withTemporal<T>(
  { env }: Stack,
  work: (temporal: ReturnType<typeof connectTemporal>) => Promise<T>,
): Promise<T> {
  const temporal = connectTemporal({
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS!,
    TEMPORAL_NAMESPACE: NAMESPACE,
    TEMPORAL_TLS: false,
  });
  return work(temporal).finally(() => temporal.connection.close());
}

const schedulesOf = (stack: Stack) => ({
  pauseSchedules: (isPaused: boolean) =>
    withTemporal(stack, async ({ client }) => {
      for await (const { scheduleId } of client.schedule.list()) {
        const handle = client.schedule.getHandle(scheduleId);
        await (isPaused ? handle.pause('a fault') : handle.unpause('repaired'));
      }
    }),
  searchAttribute: (name: string, isThere: boolean) =>
    withTemporal(stack, async ({ connection }) => {
      const { operatorService: service } = connection;
      if (isThere) {
        const searchAttributes = { [name]: KEYWORD };
        await service.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });
      } else {
        await service.removeSearchAttributes({ namespace: NAMESPACE, searchAttributes: [name] });
      }
    }),
});

function sessionsOf({ env }: Stack): Pick<Breakable, 'hold' | 'connect' | 'release'> {
  const held: pg.Client[] = [];
  async function open(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: env.MIGRATION_DATABASE_URL });
    // It may end with its server.
    client.on('error', () => {});
    await client.connect();
    held.push(client);
    return client;
  }
  return {
    async hold(statements) {
      const client = await open();
      await client.query(`BEGIN; ${statements}`);
    },
    async connect(count) {
      for (let opened = 0; opened < count; opened++) await open();
    },
    async release() {
      await Promise.all(held.splice(0).map((client) => client.end().catch(() => {})));
    },
  };
}

/** @throws Error that says why the database has no disk of its own. */
async function fillDisk({ disk }: Stack, share: number): Promise<void> {
  if (disk.missing === undefined) return share > 0 ? disk.fill(share) : disk.relieve();
  if (share > 0) throw new Error(`no disk to fill: ${disk.missing}`);
}

export function createBreakable({ stack, owner, roles }: BreakableParts): Breakable {
  const pidOf = (part: 'temporal' | RoleName) =>
    part === 'temporal' ? stack.temporal.pid : roles.running.get(part)!.pid;
  return {
    async cloudflare(fault) {
      if (fault === 'none') stack.cloudflare.clearFaults();
      else stack.cloudflare.fail({ times: MANY, ...fault });
    },
    async smtp(fault) {
      if (fault === 'none') stack.smtp.clearFaults();
      else stack.smtp.fail('*', fault);
    },
    async resolvers(fault) {
      for (const index of stack.dns.resolvers.keys()) stack.dns.fault(index, fault);
    },
    supabaseAway: async (parts) => stack.supabase.away(parts),
    async still(part, isStill) {
      process.kill(pidOf(part), isStill ? 'SIGSTOP' : 'SIGCONT');
    },
    kill: async (role) => roles.running.get(role)?.stop('SIGKILL'),
    restart: roles.restart,
    async sql(statements) {
      await owner.query(statements);
    },
    disk: (share) => fillDisk(stack, share),
    ...sessionsOf(stack),
    ...schedulesOf(stack),
    async onboard() {
      const token = await stack.supabase.issueToken(CALLER);
      const api = createApiClient(`http://127.0.0.1:${stack.env.PORT}`, token);
      return api.post<StartedOnboarding>(START_PATH, sampleOrganization());
    },
  };
}
