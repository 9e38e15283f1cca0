/** The exporters with the configuration of production, over a real PostgreSQL and a real Prometheus. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  createPrometheusClient,
  type PrometheusClient,
} from '#dashboards/check/prometheusClient.ts';
import { type EmbeddedDatabase, startDatabase } from '#dev/embedded/database.ts';
import { startExporters } from '#dev/embedded/exporters.ts';
import { startMonitoring } from '#dev/embedded/monitoring.ts';
import { startReaper } from '#dev/embedded/reaper.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { startLoopbackEdge } from '#dev/loopback/loopbackEdge.ts';
import { resolveExporterTools } from '#dev/tools/exporterTools.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { listen } from '#support/http/listen.ts';
import { CACHE } from '#support/paths.ts';

const DAY_SECONDS = 86_400;
const ENTERABLE = 0o755;

const releasers = createReleasers();
let database: EmbeddedDatabase;
let prometheus: PrometheusClient;
let owner: pg.Pool;
/** Addresses of a server whose certificate is trusted, and of one whose certificate is not. */
const addresses = { trusted: '', refused: '' };

/** Two addresses of a server; the certificate of the first is trusted. */
async function startEdges(folder: string): Promise<string> {
  const server = createServer((_, response) => response.end('ok'));
  const { port } = await listen(server);
  releasers.push(async () => void server.close());
  const edge = () => startLoopbackEdge({ upstream: Number(port), days: 3, folder });
  const [trusted, refused] = await Promise.all([edge(), edge()]);
  releasers.push(trusted.stop);
  releasers.push(refused.stop);
  addresses.trusted = `${trusted.url}/health`;
  addresses.refused = `${refused.url}/health`;
  return trusted.certificateFile;
}

beforeAll(async () => {
  const cache = { cacheFolder: CACHE, log: console.log };
  const folder = await mkdtemp(path.join(CACHE, 'exporters-test-'));
  releasers.push(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, ENTERABLE);
  const reaper = await startReaper();
  releasers.push(async () => reaper.close());
  const authorities = await startEdges(folder);
  database = await startDatabase({ folder, reaper });
  releasers.push(database.stop);
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  releasers.push(() => owner.end());
  const exporters = await startExporters({
    tools: await resolveExporterTools(cache),
    folder,
    reaper,
    ownerUrl: database.ownerUrl,
    probes: [addresses.trusted, addresses.refused],
    authorities,
  });
  releasers.push(exporters.stop);
  const monitoring = await startMonitoring({
    tools: await resolvePrometheusTools(cache),
    folder,
    reaper,
    targets: {},
    scrapes: exporters.scrapes,
    ruleFiles: [],
    scrapeSeconds: 1,
  });
  releasers.push(monitoring.stop);
  prometheus = createPrometheusClient(monitoring.prometheusUrl);
});
afterAll(() => releasers.releaseAll());

/** The value of a query with one result; undefined without one. */
async function readingOf(query: string): Promise<number | undefined> {
  const series = await prometheus.instant(query);
  expect(series.length, query).toBeLessThan(2);
  return series[0] && Number(series[0].value![1]);
}

type Queries = Record<string, { metrics: Record<string, { usage: string }>[] }>;

/** Every metric that the queries of compose/postgres-exporter.yml declare. */
async function declaredMetrics(): Promise<string[]> {
  const queries = parse(await readFile('compose/postgres-exporter.yml', 'utf8')) as Queries;
  return Object.entries(queries).flatMap(([name, { metrics }]) =>
    metrics.flatMap((metric) =>
      Object.entries(metric).flatMap(([column, { usage }]) =>
        usage === 'LABEL' ? [] : `${name}_${column}`,
      ),
    ),
  );
}

test('every query gives its metrics, and none of them fails', async () => {
  await owner.query(`SELECT pg_create_physical_replication_slot('forgotten', true)`);
  const declared = await declaredMetrics();
  expect(declared.length).toBeGreaterThan(10);
  await expect
    .poll(async () => [...(await prometheus.metricNames())])
    .toEqual(expect.arrayContaining(declared));
  expect(await readingOf('pg_up')).toBe(1);
  expect(await readingOf('pg_exporter_user_queries_load_error')).toBe(0);
  expect(await readingOf('a4c_postgres_replication_slot_active{slot="forgotten"}')).toBe(0);
  expect(await readingOf('a4c_postgres_table_bytes{table="domain_events"}')).toBeGreaterThan(0);
  expect(await readingOf('a4c_postgres_wal_bytes')).toBeGreaterThan(0);
  expect(await readingOf('a4c_postgres_connections_limit')).toBe(197);
});

test('WAL that nobody reads counts for its slot', async () => {
  const before = await readingOf('a4c_postgres_replication_slot_retained_bytes');
  await owner.query(`SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000))`);
  await expect
    .poll(() => readingOf('a4c_postgres_replication_slot_retained_bytes'))
    .toBeGreaterThan(before! + 90_000);
});

test('a transaction that is left open is seen, whoever has opened it', async () => {
  const application = new pg.Client({ connectionString: database.url });
  await application.connect();
  try {
    await application.query('BEGIN');
    await application.query('SELECT 1');
    const idle = 'a4c_postgres_client_connections{state="idle in transaction"}';
    await expect.poll(() => readingOf(idle)).toBe(1);
    await expect
      .poll(() => readingOf('a4c_postgres_oldest_transaction_age_seconds > 2'))
      .toBeTruthy();
    await application.query('COMMIT');
    await expect.poll(() => readingOf(idle)).toBe(0);
    expect(await readingOf('a4c_postgres_oldest_transaction_age_seconds')).toBeLessThan(2);
  } finally {
    await application.end();
  }
});

test("the exporter's login reads no row and writes nothing", async () => {
  const { rows } = await owner.query(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
       AND has_table_privilege('a4c_exporter', oid, 'SELECT, INSERT, UPDATE, DELETE')`,
  );
  expect(rows).toEqual([]);
  const { rows: roles } = await owner.query(
    `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles
     WHERE rolname = 'a4c_exporter'`,
  );
  expect(Object.values(roles[0])).toEqual(Array(5).fill(false));
});

test('the disk of the database is measured, and no other', async () => {
  await expect
    .poll(() => readingOf('node_filesystem_avail_bytes{job="a4c-disk"}'))
    .toBeGreaterThan(0);
  const ratio = 'node_filesystem_avail_bytes / node_filesystem_size_bytes';
  expect(await readingOf(ratio)).toBeLessThanOrEqual(1);
});

test('a valid certificate says when it ends; one that is refused fails the probe', async () => {
  const of = (metric: string, instance: string) =>
    `${metric}{job="a4c-probe",instance="${instance}"}`;
  await expect.poll(() => readingOf(of('probe_success', addresses.trusted))).toBe(1);
  const left = `${of('probe_ssl_earliest_cert_expiry', addresses.trusted)} - time()`;
  expect(await readingOf(left)).toBeLessThan(3 * DAY_SECONDS);
  expect(await readingOf(left)).toBeGreaterThan(2 * DAY_SECONDS);
  await expect.poll(() => readingOf(of('probe_success', addresses.refused))).toBe(0);
  expect(await readingOf(of('probe_ssl_earliest_cert_expiry', addresses.refused))).toBeUndefined();
});
