/** Duration of the health check for unprocessed events, in event stores of three sizes. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startDatabase } from '#dev/embedded/database.ts';
import { startReaper } from '#dev/embedded/reaper.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { loadHealthChecks } from '#kernel/database/healthChecks.ts';
import { median } from '../stage/statistics.ts';
import { type Figure, ms } from './figure.ts';

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
/** As root, PostgreSQL runs as another user, who needs access to the folder. */
const ENTERABLE = 0o711;
const SIZES = [10_000, 1_000_000, 10_000_000];
const QUICK_SIZES = [1_000, 10_000];
const UNPROCESSED = 25;
const CALLS = 300;
const FLAT_WITHIN = 1.5;
const LIMIT_MS = 5;

/** Eight events per organization, as after a bootstrap; the first few are unprocessed. */
const FILL = `
  INSERT INTO domain_events (id, event_type, aggregate_type, aggregate_id, stream_version,
    event_data, event_metadata, created_at, processed_at)
  SELECT lpad(to_hex(n), 32, '0')::uuid, 'organization.activated', 'organization',
    lpad(to_hex(n / 8), 32, '0')::uuid, n % 8 + 1,
    jsonb_build_object('activated_at', now(), 'invitations_sent', 1),
    jsonb_build_object('workflow_id', 'org-bootstrap-' || n / 8, 'workflow_run_id', n / 8,
      'workflow_type', 'OrganizationBootstrapWorkflow', 'correlation_id', n / 8,
      'activity_id', 'activateOrganizationActivity'),
    now() - interval '1 day', CASE WHEN n >= ${UNPROCESSED} THEN now() END
  FROM generate_series($1::bigint, $2::bigint - 1) AS n`;

/** Without triggers and secondary indexes during the insert; only the final state matters. */
async function fill(owner: pg.Client, from: number, to: number): Promise<void> {
  const { rows } = await owner.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'domain_events' AND indexname <> 'domain_events_pkey'`,
  );
  await owner.query('ALTER TABLE domain_events DISABLE TRIGGER USER');
  for (const { name } of rows) await owner.query(`DROP INDEX ${name}`);
  await owner.query(FILL, [from, to]);
  for (const { definition } of rows) await owner.query(definition);
  await owner.query('ALTER TABLE domain_events ENABLE TRIGGER USER');
  await owner.query('VACUUM ANALYZE domain_events');
}

async function checkMs(owner: pg.Client, sql: string): Promise<number> {
  const durations: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const started = performance.now();
    const { rows } = await owner.query<{ value: number }>(sql);
    durations.push(performance.now() - started);
    if (rows[0]!.value !== UNPROCESSED) throw new Error(`the check counts ${rows[0]!.value}`);
  }
  return median(durations);
}

export const healthCheckCost: Figure = {
  id: 'health',
  title: 'The check for unprocessed events',
  async measure({ log, quick }) {
    const releasers = createReleasers();
    try {
      const reaper = await startReaper();
      releasers.push(async () => reaper.close());
      const folder = path.join(CACHE, `bench-${randomBytes(4).toString('hex')}`);
      await mkdir(folder, { recursive: true, mode: ENTERABLE });
      reaper.remove(folder);
      releasers.push(() => rm(folder, { recursive: true, force: true }));
      const database = await startDatabase({ folder, reaper });
      releasers.push(database.stop);
      const owner = new pg.Client({ connectionString: database.ownerUrl });
      await owner.connect();
      releasers.push(() => owner.end());
      await owner.query(`SET maintenance_work_mem = '512MB'`);
      const check = (await loadHealthChecks()).find(({ name }) => name === 'unprocessed_events')!;
      const found: number[] = [];
      const sizes = quick ? QUICK_SIZES : SIZES;
      for (const [index, size] of sizes.entries()) {
        log(`${size.toLocaleString('en')} events`);
        await fill(owner, sizes[index - 1] ?? 0, size);
        found.push(await checkMs(owner, check.sql));
      }
      const flat = Math.max(...found) / Math.min(...found);
      const named = sizes.map((size) => `${size.toLocaleString('en')}`).join(' / ');
      return [
        {
          figure: `unprocessed-events check at ${named} events`,
          measured: found.map(ms).join(' / '),
          target: `within ${FLAT_WITHIN}x, < ${LIMIT_MS} ms`,
          reached: flat <= FLAT_WITHIN && Math.max(...found) < LIMIT_MS,
          details: { sizes, medianMs: found, largestToSmallest: flat },
        },
      ];
    } finally {
      await releasers.releaseAll();
    }
  },
};
