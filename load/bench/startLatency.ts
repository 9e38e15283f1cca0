/** Time from POST to 202, compared with a bare client that starts a workflow. */
import { randomUUID } from 'node:crypto';
import { closedLoop, createCaller, openLoop } from '../stage/requests.ts';
import { BOOTSTRAP_PATH, benchOrganization, type Stage, startStage } from '../stage/stage.ts';
import { median, quantile, spreadOf } from '../stage/statistics.ts';
import type { Figure, Row, Run } from './figure.ts';
import { ms } from './figure.ts';

/** A task queue without a worker: only the start is measured. */
const QUEUE = 'nobody';
const CONNECTIONS = [1, 20];
const CALLS: Record<number, number> = { 1: 300, 20: 1_000 };
const ROUNDS = 5;
const WARM_UP = 200;
const HEADLINE = { perSecond: 20, seconds: 30, p99Ms: 150 };
const SHARES = [
  { name: 'p50', share: 0.5, limit: 1.5 },
  { name: 'p99', share: 0.99, limit: 2 },
];

/** These runs never begin: the reconciler must not query them during the measurement. */
const SETTINGS = { TEMPORAL_TASK_QUEUE: QUEUE, RECONCILE_AFTER_SECONDS: '3600' };

/** Only the same input: no search attributes, no memo, no headers. */
const bareStart = ({ client }: Stage) =>
  client.workflow.start('OrganizationBootstrapWorkflow', {
    taskQueue: QUEUE,
    workflowId: `bare-${randomUUID()}`,
    args: [benchOrganization()],
  });

interface Rounds {
  real: number[][];
  bare: number[][];
}

async function rounds(stage: Stage, connections: number, { quick, log }: Run): Promise<Rounds> {
  const caller = createCaller(stage.apiUrl, stage.token, connections);
  const calls = quick ? 20 : CALLS[connections]!;
  const post = () => caller.post(BOOTSTRAP_PATH, benchOrganization());
  const found: Rounds = { real: [], bare: [] };
  try {
    await closedLoop(connections, quick ? 20 : WARM_UP, post);
    for (let round = 1; round <= (quick ? 1 : ROUNDS); round++) {
      log(`round ${round}, ${connections} connections`);
      found.bare.push(await closedLoop(connections, calls, () => bareStart(stage)));
      found.real.push(await closedLoop(connections, calls, post));
    }
  } finally {
    caller.close();
  }
  return found;
}

function rowsOf(connections: number, { real, bare }: Rounds): Row[] {
  return SHARES.map(({ name, share, limit }) => {
    const measured = real.map((round) => quantile(round, share));
    const yardstick = bare.map((round) => quantile(round, share));
    const ratio = spreadOf(measured.map((value, round) => value / yardstick[round]!));
    return {
      figure: `POST bootstrap to 202, ${name}, ${connections} connection${connections > 1 ? 's' : ''}`,
      measured: ms(median(measured)),
      limit: `bare start ${ms(median(yardstick))}`,
      ratio,
      target: `<= ${limit}x`,
      reached: ratio.median <= limit,
      details: { measuredMs: measured, limitMs: yardstick },
    };
  });
}

async function headline(stage: Stage, { quick }: Run): Promise<Row> {
  const { perSecond, seconds, p99Ms } = HEADLINE;
  const caller = createCaller(stage.apiUrl, stage.token, 100);
  const post = () => caller.post(BOOTSTRAP_PATH, benchOrganization());
  const total = quick ? perSecond : perSecond * seconds;
  const durations = await openLoop(perSecond, total, post).finally(caller.close);
  const p99 = quantile(durations, 0.99);
  return {
    figure: `POST bootstrap to 202, p99 at ${perSecond} requests/s`,
    measured: ms(p99),
    target: `< ${p99Ms} ms`,
    reached: p99 < p99Ms,
    details: { p50Ms: median(durations), p99Ms: p99, calls: total },
  };
}

export const startLatency: Figure = {
  id: 'start',
  title: 'From POST to 202',
  async measure(run) {
    const stage = await startStage(run.log);
    try {
      await stage.startApi(SETTINGS);
      const rows: Row[] = [];
      for (const connections of CONNECTIONS) {
        rows.push(...rowsOf(connections, await rounds(stage, connections, run)));
      }
      return [...rows, await headline(stage, run)];
    } finally {
      await stage.stop();
    }
  },
};
