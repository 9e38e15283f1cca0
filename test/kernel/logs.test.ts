/** What API and worker write is what docs/logs.md says, and the same lines reach a collector. */

import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { demoLoad } from '#dashboards/check/demoLoad.ts';
import { createProcesses, type RoleName, type RoleProcess } from '#dev/embedded/processes.ts';
import { startStack } from '#dev/embedded/stack.ts';
import { LOG_FIELDS, type LogField } from '#kernel/telemetry/logging/logFields.ts';
import { listen } from '#support/http/listen.ts';
import { useStarted } from '#support/stack/useStarted.ts';

type Line = Record<string, unknown> & { message: string };

interface OtlpRecord {
  body: { stringValue: string };
  severityText: string;
  traceId?: string;
  attributes: { key: string; value: { stringValue?: string } }[];
}

/** A collector that takes log records over OTLP and HTTP. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (request.url === '/v1/logs') bodies.push(Buffer.concat(parts).toString());
    response.setHeader('content-type', 'application/json').end('{}');
  });
  const url = await listen(server);
  return {
    url,
    records: (): (OtlpRecord & { service: string })[] =>
      bodies.flatMap((body) =>
        JSON.parse(body).resourceLogs.flatMap(
          // biome-ignore lint/suspicious/noExplicitAny: OTLP's own nesting
          ({ resource, scopeLogs }: any) =>
            // biome-ignore lint/suspicious/noExplicitAny: the same
            scopeLogs.flatMap(({ logRecords }: any) =>
              logRecords.map((record: OtlpRecord) => ({
                ...record,
                service: resource.attributes.find(
                  ({ key }: { key: string }) => key === 'service.name',
                ).value.stringValue,
              })),
            ),
        ),
      ),
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

const collector = useStarted(startCollector, (started) => started.stop());
const stack = useStarted(startStack, (started) => started.stop());
const roles = new Map<RoleName, RoleProcess>();
const lines: Line[] = [];

async function linesOf(role: RoleName): Promise<Line[]> {
  const text = await readFile(roles.get(role)!.logFile, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

beforeAll(async () => {
  const { env, folder, reaper } = stack;
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.origin,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'none',
  };
  const processes = createProcesses({ folder, reaper, env: { ...env, ...settings } });
  roles.set('api', await processes.start('api'));
  roles.set('worker', await processes.start('worker'));
  stack.cloudflare.fail({ status: 502 });
  await demoLoad(`http://127.0.0.1:${env.PORT}`, stack);
  await processes.stop();
  lines.push(...(await linesOf('api')), ...(await linesOf('worker')));
});

const SOURCES = path.resolve(import.meta.dirname, '../../src');
/** Calls of a logger, with what they are given. */
const WRITES = /\b(?:logger|log)\??\.\w+\([^;]*;|const fields = [^;]*;/g;
/** Files that make fields for the lines of others. */
const MAKES_FIELDS = /telemetry\/errorDetails\.ts$|temporal\/(?:runtime|activity)\.ts$/;

const isOf = (value: unknown, type: LogField['type']): boolean =>
  type === 'strings' || type === 'objects' ? Array.isArray(value) : typeof value === type;

test('every field of every line is in the catalogue, with its type', () => {
  const catalogue: Record<string, LogField> = LOG_FIELDS;
  const strange = lines.flatMap((line) =>
    Object.entries(line)
      .filter(([name, value]) => !catalogue[name] || !isOf(value, catalogue[name].type))
      .map(([name]) => `${name}: ${line.message}`),
  );
  expect([...new Set(strange)]).toEqual([]);
  expect(lines.length).toBeGreaterThan(50);
});

test('every line has the fields of every line', () => {
  const always = Object.entries(LOG_FIELDS).filter(([, { on }]) => on === 'every line');
  for (const line of lines) for (const [name] of always) expect(line).toHaveProperty(name);
});

test('every field of the catalogue is written by some line', async () => {
  const written = new Set(lines.flatMap((line) => Object.keys(line)));
  const files = globSync('**/*.ts', { cwd: SOURCES }).filter((file) => !file.endsWith('.test.ts'));
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(SOURCES, file), 'utf8');
      return MAKES_FIELDS.test(file) ? [text] : (text.match(WRITES) ?? []);
    }),
  );
  const source = texts.flat().join('\n');
  const never = Object.keys(LOG_FIELDS).filter(
    (name) => !written.has(name) && !new RegExp(`\\b${name}\\b`).test(source),
  );
  expect(never).toEqual([]);
});

test('lines of a request and of its activities have its correlation id, and their traces', () => {
  const accepted = lines.find(
    ({ method, route, status }) =>
      method === 'POST' && String(route).endsWith('/organization-bootstrap') && status === 202,
  );
  const ofRequest = lines.filter(
    ({ correlation_id }) => correlation_id === accepted?.correlation_id,
  );
  expect(new Set(ofRequest.map(({ service }) => service))).toEqual(new Set(['api', 'worker']));
  for (const line of ofRequest) expect(line.trace_id).toMatch(/^[0-9a-f]{32}$/);
});

test('a collector has got every line, with its ids, and nothing else', () => {
  const records = collector.records();
  const said = (all: { message?: string }[]) => all.map(({ message }) => message).sort();
  expect(said(records.map(({ body }) => ({ message: body.stringValue })))).toEqual(said(lines));
  expect(new Set(records.map(({ service }) => service))).toEqual(
    new Set(['a4c-api', 'a4c-worker']),
  );
  const completed = records.find(({ body }) => body.stringValue === 'activity completed')!;
  const attributes = Object.fromEntries(
    completed.attributes.map(({ key, value }) => [key, value.stringValue]),
  );
  const line = lines.find(
    ({ run_id, activity, trace_id }) =>
      run_id === attributes.run_id && activity === attributes.activity && trace_id,
  );
  expect(attributes.correlation_id).toBe(line?.correlation_id);
  expect(completed.traceId).toBe(line?.trace_id);
  expect(completed.severityText).toBe('info');
});
