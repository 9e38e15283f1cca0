import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, test } from 'vitest';
import { ORGANIZATION_DELETION } from '#deletion/contract.ts';
import { DOMAIN_VERIFICATION } from '#domainClaim/contract.ts';
import { WORKFLOWS } from '#families.ts';
import { USER_INVITATION } from '#invitation/contract.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { SSO_CONFIGURATION, SSO_DEACTIVATION } from '#sso/contract.ts';
import { ROOT } from '#support/paths.ts';
import { FAST, startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);

const origin = () => ({ requestedAt: new Date().toISOString(), source: 'test' });
const somebody = { email: 'ada@example.org', firstName: 'Ada', lastName: 'B', role: 'clinician' };
const clinic = { name: 'A clinic', type: 'provider' };

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** Starts a run as the Temporal CLI does: with any input, and under any id. */
const start = (type: string, input: unknown, workflowId = `my-test-${randomUUID()}`) =>
  onboarding.client.workflow.start(type, {
    taskQueue:
      type === ORGANIZATION_BOOTSTRAP || type === ORGANIZATION_DELETION
        ? onboarding.taskQueue
        : onboarding.usersTaskQueue,
    workflowId,
    args: [input],
  });

type Handle = Awaited<ReturnType<typeof start>>;

async function failureOf(handle: Handle) {
  const error = (await handle.result().catch((thrown) => thrown)) as WorkflowFailedError;
  const { type, nonRetryable, message } = error.cause as unknown as Record<string, unknown>;
  return { type, nonRetryable, message };
}

const eventsOf = async (handle: Handle) => (await handle.fetchHistory()).events ?? [];

describe('a bootstrap is refused at once', () => {
  test.each([
    ['a person that is a number', { orgData: clinic, users: [1] }, 'users.0'],
    [
      'a subdomain that is a number',
      { orgData: clinic, users: [somebody], subdomain: 5 },
      'subdomain',
    ],
    ['a reserved subdomain', { orgData: clinic, users: [somebody], subdomain: 'www' }, 'subdomain'],
    ['an unknown type', { orgData: { ...clinic, type: 'zoo' }, users: [somebody] }, 'orgData.type'],
    [
      'a name with a NUL',
      { orgData: { ...clinic, name: 'a\u0000' }, users: [somebody] },
      'orgData.name',
    ],
    ['no address', { orgData: clinic, users: [{ ...somebody, email: 'ada' }] }, 'users.0.email'],
    ['an address twice', { orgData: clinic, users: [somebody, somebody] }, 'users'],
    ['nobody', { orgData: clinic, users: [] }, 'users'],
    [
      'an id that is none',
      { orgData: clinic, users: [somebody], organizationId: '5' },
      'organizationId',
    ],
    [
      'a time that is none',
      { orgData: clinic, users: [somebody], origin: { requestedAt: 'x' } },
      'origin.requestedAt',
    ],
    ...['1960-01-01T00:00:00Z', '9999-12-31T23:59:59Z', inDays(2)].map(
      (requestedAt): [string, object, string] => [
        `a request of ${requestedAt}`,
        { orgData: clinic, users: [somebody], origin: { requestedAt } },
        'origin.requestedAt',
      ],
    ),
    [
      'an invitation without end',
      { orgData: clinic, users: [somebody], invitations: { timing: { ttlMs: 1e300 } } },
      'invitations.timing.ttlMs',
    ],
    [
      'a wait that is a text',
      { orgData: clinic, users: [somebody], timing: { personWaitMs: 'x' } },
      'timing.personWaitMs',
    ],
    ['no object', 'clinic', 'the input'],
    ['nothing', undefined, 'the input'],
  ])('with %s', async (_what, input, field) => {
    const handle = await start(ORGANIZATION_BOOTSTRAP, input);
    expect(await failureOf(handle)).toEqual({
      type: 'InvalidInput',
      nonRetryable: true,
      message: expect.stringContaining(field),
    });
    const activities = (await eventsOf(handle)).filter(
      (event) => event.activityTaskScheduledEventAttributes,
    );
    expect(activities).toEqual([]);
  });
});

test.each([
  [USER_INVITATION, { invitationId: randomUUID(), orgId: 5, origin: origin() }, 'orgId'],
  [
    DOMAIN_VERIFICATION,
    {
      organizationId: randomUUID(),
      claimId: randomUUID(),
      domain: 'x',
      challenge: 'c',
      origin: origin(),
    },
    'domain',
  ],
  [ORGANIZATION_DELETION, { organizationId: randomUUID(), reason: {}, origin: origin() }, 'reason'],
  [
    SSO_CONFIGURATION,
    { organizationId: randomUUID(), configurationId: randomUUID(), metadata: {}, origin: origin() },
    'metadata',
  ],
  [SSO_DEACTIVATION, { organizationId: randomUUID(), reason: 'a\nb', origin: origin() }, 'reason'],
])('%s names the invalid field, and nothing is done', async (type, input, field) => {
  const before = await onboarding.countEvents();
  expect(await failureOf(await start(type, input))).toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining(field),
  });
  expect(await onboarding.countEvents()).toBe(before);
});

test.each(WORKFLOWS.map(({ type }) => type))('%s takes no number', async (type) => {
  expect(await failureOf(await start(type, 5))).toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
  });
});

test('the message names no value', async () => {
  const handle = await start(ORGANIZATION_BOOTSTRAP, {
    orgData: clinic,
    users: [{ ...somebody, email: 'hunter2@' }],
  });
  expect((await failureOf(handle)).message).not.toContain('hunter2');
});

test('a run under an id of one’s own completes, and its input is tidied as by the API', async () => {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const handle = await start(ORGANIZATION_BOOTSTRAP, {
    orgData: { ...clinic, name: `  Jose\u0301's ${slug} ` },
    subdomain: slug,
    users: [{ ...somebody, email: ` Ada@${slug}.EXAMPLE.org ` }],
    invitations: { taskQueue: onboarding.usersTaskQueue },
    timing: FAST,
  });
  const { orgId } = (await handle.result()) as { orgId: string };
  expect(await onboarding.readModels.organization(orgId)).toMatchObject({ name: `José's ${slug}` });
  expect(onboarding.mailsTo(`ada@${slug}.example.org`)).toHaveLength(1);
});

test('a run whose input has no pause between attempts completes', async () => {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const handle = await start(ORGANIZATION_BOOTSTRAP, {
    orgData: clinic,
    subdomain: slug,
    users: [{ ...somebody, email: `ada@${slug}.example.org` }],
    invitations: { taskQueue: onboarding.usersTaskQueue, timing: { retryInitialMs: 0 } },
    timing: { ...FAST, retryInitialMs: 0 },
  });
  const { orgId } = (await handle.result()) as { orgId: string };
  expect(await onboarding.readModels.organization(orgId)).toMatchObject({ status: 'active' });
  const [invitation] = await onboarding.readModels.invitationsOf(orgId);
  const invited = onboarding.client.workflow.getHandle(
    `user-invitation-${invitation!.invitationId}`,
  );
  await expect
    .poll(() => invited.query('getState').catch(() => undefined))
    .toMatchObject({ state: 'pending' });
});

async function replay(history: unknown): Promise<void> {
  const code = await readFile(inject('workflowBundlePath'), 'utf8');
  await Worker.runReplayHistory(
    { workflowBundle: { code }, plugins: [temporalTracingPlugin()] },
    history,
  );
}

test('a refused run is refused in a replay, also when the rules have become wider', async () => {
  const handle = await start(ORGANIZATION_BOOTSTRAP, { orgData: clinic, users: [1] });
  await failureOf(handle);
  const history = await handle.fetchHistory();
  await replay(history);
  const valid = { orgData: clinic, users: [somebody] };
  const started = history.events![0]!.workflowExecutionStartedEventAttributes!;
  started.input = { payloads: [defaultPayloadConverter.toPayload(valid)!] };
  await replay(history);
});

test('a run that earlier rules accepted replays', async () => {
  const history = historyFromJSON(
    JSON.parse(await readFile(path.join(ROOT, 'test/replay/histories/completed.json'), 'utf8')),
  );
  const started = history.events![0]!.workflowExecutionStartedEventAttributes!;
  const input = defaultPayloadConverter.fromPayload<Record<string, unknown>>(
    started.input!.payloads![0]! as never,
  );
  const users = [
    { ...somebody, email: `${'a'.repeat(65)}@foo-.example.org`, firstName: 'x\u202ey' },
  ];
  const earlier = { ...input, users, subdomain: 'autodiscover' };
  started.input = { payloads: [defaultPayloadConverter.toPayload(earlier)!] };
  await replay(history);
});

test('a revocation with any object as its reason leaves a reason that can be read', async () => {
  const run = await startBootstrap(onboarding);
  await run.handle.result();
  const [invitation] = await onboarding.readModels.invitationsOf(run.orgId);
  const id = invitation!.invitationId;
  const handle = onboarding.client.workflow.getHandle(`user-invitation-${id}`);
  await handle.signal('revoke', { any: ['thing'] });
  await handle.result();
  const { rows } = await onboarding.owner.query(
    'SELECT status, revoke_reason FROM user_invitations_projection WHERE invitation_id = $1',
    [id],
  );
  expect(rows).toEqual([{ status: 'revoked', revoke_reason: 'no reason given' }]);
});
