/** Faults of processes: too little CPU or memory, a blocked event loop, restarts. */
import { setTimeout as delay } from 'node:timers/promises';
import { sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import { TABLE_LOCKED } from '../faults/database.ts';
import { flood, read } from '../flood.ts';
import { type Scenario, scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const POOL = 12;
/** Waiting queries: above 0 and below the number of connections; and far above that number. */
const SOME = 3;
const TOO_MANY = 30;
const DAY_MS = 86_400_000;

async function holdConnections(stage: Stage, waiting: number): Promise<() => Promise<unknown>> {
  await stage.restart('api', { DATABASE_POOL_SIZE: String(POOL) });
  const [run] = await stage.onboard(1);
  await TABLE_LOCKED.begin(stage.breakable);
  const stop = flood(POOL + waiting, () =>
    read(stage, `/api/v1/organizations/${run!.organizationId}`),
  );
  return async () => {
    await TABLE_LOCKED.end(stage.breakable);
    await stop();
    await stage.restart('api');
  };
}

const SLOW_INSERT = `
CREATE FUNCTION proof_sleeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.25); RETURN NEW; END $$;
CREATE TRIGGER a_proof_sleeps BEFORE INSERT ON domain_events
  FOR EACH ROW EXECUTE FUNCTION proof_sleeps();`;
const FAST_INSERT = `
DROP TRIGGER a_proof_sleeps ON domain_events;
DROP FUNCTION proof_sleeps;`;

/** Three are enough where a start takes less than eight seconds. */
const KILLED_TIMES = 5;
/** Little memory, and a leak that fills it. */
const LEAKING = {
  NODE_OPTIONS: `--max-old-space-size=100 --max-semi-space-size=1 --import ${new URL('../leak.ts', import.meta.url)}`,
};

const rotated = (daysAgo: number) => {
  const day = new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
  return { SECRETS_ROTATED_AT: `INVITATION_TOKEN_SECRET=${day}` };
};

/** Stops the process repeatedly for a while, as a blocked event loop would. */
function stutter(pid: number): () => Promise<void> {
  let stopped = false;
  async function repeat(): Promise<void> {
    while (!stopped) {
      process.kill(pid, 'SIGSTOP');
      await delay(450);
      process.kill(pid, 'SIGCONT');
      await delay(250);
    }
  }
  const repeating = repeat();
  return async () => {
    stopped = true;
    await repeating;
  };
}

export const runtimeScenarios: readonly Scenario[] = [
  scenario(
    {
      fault: 'a lock on a table: a few requests wait for connections',
      proves: [{ alert: 'PgPoolWaiting' }],
    },
    (stage) => holdConnections(stage, SOME),
  ),
  scenario(
    {
      fault: 'a lock on a table: many requests wait for connections',
      proves: [
        { alert: 'PgPoolExhausted' },
        { alert: 'ApiErrorBudgetBurn', labels: { long: '1h' } },
      ],
    },
    (stage) => holdConnections(stage, TOO_MANY),
  ),
  scenario(
    {
      fault: 'the database takes 250 ms to insert an event',
      proves: [{ alert: 'StartLatencyBudgetBurn', labels: { long: '1h' } }],
    },
    async (stage) => {
      await stage.owner.query(SLOW_INSERT);
      // The same name each time: requests after the first are refused, with the same latency.
      const body = sampleOrganization();
      const stop = flood(4, () => stage.api.post('/api/v1/workflows/organization-bootstrap', body));
      return async () => {
        await stop();
        await stage.owner.query(FAST_INSERT);
      };
    },
  ),
  scenario(
    {
      fault: 'the API stands still for 450 ms, again and again',
      proves: [{ alert: 'EventLoopLag' }],
    },
    async (stage) => stutter(stage.pidOf('api')),
  ),
  {
    fault: 'a leak in the API fills its heap',
    proves: [{ alert: 'HeapNearLimit' }],
    begin: (stage) => stage.restart('api', LEAKING),
    end: (stage) => stage.restart('api'),
  },
  {
    fault: 'the API is killed again and again',
    proves: [{ alert: 'CrashLooping' }],
    async begin(stage) {
      for (let i = 0; i < KILLED_TIMES; i++) {
        // Prometheus has to see each of them.
        await delay(2_000);
        await stage.kill('api');
        await stage.restart('api');
      }
    },
    end: async () => {},
  },
  {
    fault: 'a secret of a hundred days',
    proves: [{ alert: 'SecretTooOld' }],
    begin: (stage) => stage.restart('api', rotated(100)),
    end: (stage) => stage.restart('api', rotated(0)),
  },
];
