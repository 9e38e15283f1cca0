/** The error budget that the rules calculate is the one that PostgreSQL counts, through rollouts. */
import { expect, test } from 'vitest';
import type { RecordingRule } from '#alerts/src/alert.ts';
import { totals } from '#alerts/src/definitions/totals.ts';
import { objectives } from '#alerts/src/objectives.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { playSeries } from '#support/alerts/promtool.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();

const DAYS = 30;
const RUNS = 1_050;
const FAILED = 50;
const GENERATIONS = 10;
const REPLICAS = 2;
const STEP_MINUTES = 5;
const STEPS = (DAYS * 24 * 60) / STEP_MINUTES;
/** Samples of both generations while one replaces the other. */
const OVERLAP = 3;
const TYPE = 'OrganizationBootstrapWorkflow';
const TARGET = 0.95;

/** Runs that end in the same pause after each other, the failed ones scattered among them. */
const insertRuns = () =>
  database.owner.query(
    `INSERT INTO workflow_runs_projection
       (workflow_id, workflow_type, task_queue, org_id, started_at, closed_at, outcome)
     SELECT 'org-bootstrap-' || run, $1, 'bootstrap', gen_random_uuid(), at - interval '10 minutes', at,
       CASE WHEN run % ($3::int / $4::int) = 0 THEN 'failed' ELSE 'completed' END
     FROM generate_series(1, $3::int) AS run,
       LATERAL (SELECT now() - interval '1 day' * $2 * (1 - (run - 0.5) / $3::int) AS at) AS ended`,
    [TYPE, DAYS, RUNS, FAILED],
  );

/** How many runs had ended with an outcome at each step: what a replica exports. */
async function totalsOf(outcome: string): Promise<number[]> {
  const { rows } = await database.owner.query(
    `SELECT (SELECT count(*)::int FROM workflow_runs_projection
         WHERE outcome = $1 AND closed_at <= now() - interval '1 minute' * $2 * ($3::int - step)) AS total
       FROM generate_series(0, $3::int) AS step ORDER BY step`,
    [outcome, STEP_MINUTES, STEPS],
  );
  return rows.map(({ total }) => total);
}

/** The share of the budget that is left, as PostgreSQL counts it. */
async function truth(): Promise<number> {
  const { rows } = await database.owner.query(
    `SELECT 1 - (count(*) FILTER (WHERE outcome = 'failed'))::float8 / count(*) / (1 - $1::float8) AS left
     FROM workflow_runs_projection WHERE outcome <> 'cancelled' AND closed_at > now() - interval '1 day' * $2`,
    [TARGET, DAYS],
  );
  return rows[0].left;
}

/** The series of every replica of every generation; the second one is a step behind. */
function replicas(name: string, labels: string, values: readonly number[]) {
  const life = STEPS / GENERATIONS;
  return Array.from({ length: GENERATIONS * REPLICAS }, (_, index) => {
    const generation = Math.floor(index / REPLICAS);
    const from = generation * life;
    const until = from + life + OVERLAP;
    const lag = index % REPLICAS;
    return {
      series: `${name}{job="a4c-api",environment="production",instance="pod-${index}",workflow_type="${TYPE}",task_queue="bootstrap"${labels}}`,
      samples: values.map((_each, step) =>
        step >= from && step < until ? values[Math.max(0, step - lag)] : undefined,
      ),
    };
  });
}

test('50 of 1,050 runs failed, and ten generations of pods have come and gone', async () => {
  await insertRuns();
  const [failed, completed] = await Promise.all([totalsOf('failed'), totalsOf('completed')]);
  const left = await truth();
  // 4.8 % are left: 50 of 1,050 are 4.76 %, and 5 % may fail.
  expect(left).toBeCloseTo(0.048, 3);
  const objective = objectives.find(({ name }) => name === 'slo-bootstrap-success')!;
  const ratio = objective.rules.find(
    (rule): rule is RecordingRule => 'record' in rule && rule.record === 'slo:error_ratio:rate30d',
  )!;
  const used = `(${ratio.expr(createTimeScale())}) / ${1 - TARGET}`;
  const played = [
    ...replicas('workflow_failed_total', '', failed),
    ...replicas('workflow_closed_total', ',outcome="failed"', failed),
    ...replicas('workflow_closed_total', ',outcome="completed"', completed),
  ];
  // A hundredth of the budget: five minutes lie between two samples, and rates are extrapolated.
  const off = `abs(1 - ${used} - ${left}) > 0.01`;
  const said = await playSeries([totals], STEP_MINUTES, played, [
    { expr: off, samples: {} },
    { expr: `count by (environment) (${used})`, samples: { '{environment="production"}': 1 } },
  ]);
  expect(said).toBe('');
}, 300_000);
