/** The embedded platform as a whole: it works, it is alone, and it leaves nothing behind. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import type { HeldPlatform } from '#support/programs/platformHolder.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'dev/main.ts');
const HOLDER = path.join(ROOT, 'test/support/programs/platformHolder.ts');
/** Starting and ending everything, on a machine that is busy with other tests. */
const SLOW = { timeout: 180_000 };
const ENDING = { timeout: 60_000 };

const started: ChildProcess[] = [];
const stacks: Stack[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const isOpen = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  const open = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  return open.finally(() => socket.destroy());
};

/** Starts a platform in a process of its own; its lines are read one by one. */
function hold() {
  const child = spawn(process.execPath, [HOLDER], { cwd: ROOT, stdio: ['ignore', 'pipe', 2] });
  started.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return { child, next: async () => JSON.parse((await lines.next()).value ?? '{}') };
}

async function leftOf({ folder, pids, ports }: HeldPlatform) {
  const open = await Promise.all(ports.map(isOpen));
  return {
    processes: pids.filter(isAlive),
    ports: ports.filter((_, index) => open[index]),
    folder: existsSync(folder),
  };
}

/** Runs a role of the main program. */
function runMain(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string }>((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 16 << 20 };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
    started.push(child);
  });
}

test('SIGKILL leaves no process, no port and no folder', SLOW, async () => {
  const { child, next } = hold();
  let line = await next();
  while (!line.pids) line = await next();
  const held: HeldPlatform = line;
  expect(await leftOf(held)).toEqual({ processes: held.pids, ports: held.ports, folder: true });
  child.kill('SIGKILL');
  await expect
    .poll(() => leftOf(held), ENDING)
    .toEqual({ processes: [], ports: [], folder: false });
});

test('SIGKILL in the middle of the start leaves nothing either', SLOW, async () => {
  const folders = () => globSync('.cache/stack-*/', { cwd: ROOT });
  const before = new Set(folders());
  const { child, next } = hold();
  await next();
  const [folder = ''] = folders().filter((name) => !before.has(name));
  expect(folder).not.toBe('');
  child.kill('SIGKILL');
  // The reaper removes the folder last, when nothing runs in it any more.
  await expect.poll(() => existsSync(path.join(ROOT, folder)), ENDING).toBe(false);
});

/** A question that only the stack's own database and Temporal can answer. */
async function databaseAndNamespace({ env }: Stack) {
  const client = new pg.Client({ connectionString: env.DATABASE_URL! });
  await client.connect();
  const { rows } = await client.query(
    `SELECT pg_has_role('a4c_app', 'member') AS "isApp", rolsuper AS "isSuper"
     FROM pg_roles WHERE rolname = current_user`,
  );
  await client.end();
  const { client: temporal, connection } = connectTemporal({
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS!,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
  });
  const { namespaceInfo } = await temporal.workflowService.describeNamespace({
    namespace: 'default',
  });
  await connection.close();
  return { ...rows[0], namespace: namespaceInfo?.name };
}

test('two stacks at once share nothing, and end without a trace', SLOW, async () => {
  const both = await Promise.all([startStack(), startStack()]);
  stacks.push(...both);
  const [first, second] = both;
  const shared = Object.keys(first.env).filter((name) => first.env[name] === second.env[name]);
  const mustDiffer = /URL$|PORT$|ADDRESS$|RESOLVERS$|TOKEN$|SECRET$/;
  expect(shared.filter((name) => mustDiffer.test(name))).toEqual(['FRONTEND_URL']);
  for (const stack of both) {
    expect(await databaseAndNamespace(stack)).toEqual({
      isApp: true,
      isSuper: false,
      namespace: 'default',
    });
  }
  await Promise.all(both.map((stack) => stack.stop()));
  for (const { folder, temporal, reaper } of both) {
    expect(existsSync(folder)).toBe(false);
    expect(isAlive(temporal.pid)).toBe(false);
    await expect.poll(() => isAlive(reaper.pid), ENDING).toBe(false);
  }
});

test('the demonstration onboards an organization and says so', SLOW, async () => {
  const { code, stdout } = await runMain(['demo', '--json'], {
    // Settings of the caller's own must not lead to their servers.
    DATABASE_URL: 'postgres://elsewhere.invalid/a4c',
    TEMPORAL_ADDRESS: 'elsewhere.invalid:7233',
  });
  const shown = JSON.parse(stdout);
  expect({ code, reason: shown.reason }).toEqual({ code: 0, reason: undefined });
  expect(shown.lineage.organization.status).toBe('active');
  expect(shown.dnsRecords).toHaveLength(1);
  expect(shown.mails).toHaveLength(3);
  expect(shown.steps.map(({ step }: { step: string }) => step)).toEqual([
    'request',
    'create_organization',
    'configure_dns',
    'wait_for_propagation',
    'verify_dns',
    'generate_invitations',
    'send_invitation_emails',
    'activate_organization',
    'outcome',
  ]);
  const ids = shown.steps.flatMap(({ events }: { events: { correlationId: string }[] }) =>
    events.map(({ correlationId }) => correlationId),
  );
  expect(new Set(ids)).toEqual(new Set([shown.correlationId]));
});

test('the full demonstration goes on with the people of the organization', SLOW, async () => {
  const { code, stdout } = await runMain(['demo', '--full', '--json']);
  const shown = JSON.parse(stdout);
  expect({ code, reason: shown.reason }).toEqual({ code: 0, reason: undefined });
  const { acceptedInvitation, expiredInvitation, verifiedDomain, singleSignOn } = shown.full;
  const types = ({ events }: { events: { type: string }[] }) => events.map(({ type }) => type);
  expect(types(acceptedInvitation)).toEqual([
    'user.invited',
    'invitation.email.sent',
    'invitation.accepted',
    'user.provisioned',
  ]);
  expect(acceptedInvitation.facts.membership).toBe(
    `clinician in ${shown.lineage.organization.path}`,
  );
  expect(types(expiredInvitation).at(-1)).toBe('invitation.expired');
  expect(types(verifiedDomain).at(-1)).toBe('organization.domain.verified');
  expect(types(singleSignOn).slice(-2)).toEqual(['sso.flow_tested', 'sso.activated']);
  expect(singleSignOn.facts).toMatchObject({ status: 'active', domains: 'sunrise.example' });
  const { runs, projections } = shown.lineage;
  const workflowIds = runs.map(({ workflowId }: { workflowId: string }) => workflowId);
  expect(workflowIds).toEqual(
    expect.arrayContaining(
      Object.values<{ workflowId: string }>(shown.full).map(({ workflowId }) => workflowId),
    ),
  );
  const states = projections.invitations.map(({ status }: { status: string }) => status);
  // The two whom the bootstrap invited besides have no more time than the one invited after.
  expect(states.sort()).toEqual(['accepted', 'expired', 'expired', 'expired']);
});

test('a demonstration that cannot start says why and exits 1', SLOW, async () => {
  const { code, stdout } = await runMain(['demo', '--json'], { TEMPORAL_CLI: '/nowhere/temporal' });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('TEMPORAL_CLI=/nowhere/temporal: spawn'),
  });
});

test('an interrupted dev stops in order', SLOW, async () => {
  const child = spawn(process.execPath, [MAIN, 'dev'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 2],
  });
  started.push(child);
  let folder = '';
  for await (const line of createInterface({ input: child.stdout! })) {
    folder = /Logs\s+(\S+)/.exec(line)?.[1] ?? folder;
    if (line.includes('Ctrl-C ends everything')) child.kill('SIGINT');
  }
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  expect(folder).not.toBe('');
  expect(existsSync(folder)).toBe(false);
});
