import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { BOOTSTRAP_PATH, BOOTSTRAPPER, bootstrapRequest } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentId?: string;
  attributes: Record<string, unknown>;
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

const onboarding = useOnboarding();
const supabase = useStarted(startLoopbackSupabase, (started) => started.stop());
let roles: ChildProcess;
const lines: string[] = [];

beforeAll(async () => {
  roles = spawn(
    process.execPath,
    [
      '--import',
      './test/support/programs/tracedRegister.ts',
      'test/support/programs/tracedRoles.ts',
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        ...onboarding.workerEnv,
        PORT: '0',
        SUPABASE_URL: supabase.url,
        DNS_PROPAGATION_WAIT_SECONDS: '0.02',
        DNS_VERIFICATION_BACKOFF_SECONDS: '0.1',
      },
    },
  );
  createInterface({ input: roles.stdout! }).on('line', (line) => lines.push(line));
});
afterAll(() => void roles.kill('SIGKILL'));

/** The span itself and everything above it. */
function ancestry(spans: Span[], span: Span | undefined): Span[] {
  if (!span) return [];
  return [
    span,
    ...ancestry(
      spans,
      spans.find(({ spanId }) => spanId === span.parentId),
    ),
  ];
}

test('one trace from the HTTP server span to the database span inside an activity', async () => {
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  const request = bootstrapRequest();
  const token = await supabase.issueToken({ sub: randomUUID(), permissions: BOOTSTRAPPER });
  const response = await fetch(`http://127.0.0.1:${lines[0]}${BOOTSTRAP_PATH}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify(request),
  });
  expect(response.status).toBe(202);
  expect(response.headers.get('traceparent')).toContain(TRACE_ID);
  const { workflowId } = (await response.json()) as { workflowId: string };
  // The workflow's own span is exported when its run has ended.
  await onboarding.client.workflow.getHandle(workflowId).result();
  const events = await onboarding.queries.getEventsForWorkflow(workflowId);
  expect(new Set(events.map(({ eventMetadata }) => eventMetadata.trace_id))).toEqual(
    new Set([TRACE_ID]),
  );

  roles.stdin!.end();
  await once(roles, 'exit');
  const all: Span[] = JSON.parse(lines.at(-1)!);
  const spans = all.filter(({ traceId }) => traceId === TRACE_ID);
  const inserts = spans.filter(({ attributes }) =>
    /append_event/.test(String(attributes['db.statement'] ?? attributes['db.query.text'])),
  );
  const chains = inserts.map((insert) => ancestry(spans, insert).map(({ name }) => name));
  const throughActivity = chains.find((names) =>
    names.includes('RunActivity:createOrganizationActivity'),
  );
  expect(throughActivity?.slice(1)).toEqual([
    'RunActivity:createOrganizationActivity',
    'StartActivity:createOrganizationActivity',
    'RunWorkflow:OrganizationBootstrapWorkflow',
    'StartWorkflow:OrganizationBootstrapWorkflow',
    `POST ${BOOTSTRAP_PATH}`,
  ]);
  // What people wrote and who they are stays out of spans.
  expect(JSON.stringify(all)).not.toContain(request.users[0]!.email);
  expect(JSON.stringify(all)).not.toContain(token);
});
