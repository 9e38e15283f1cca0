/** Resets of runs whose input was refused, and of runs that stricter rules would refuse. */
import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import { ORGANIZATION_DELETION } from '#deletion/contract.ts';
import { DOMAIN_VERIFICATION } from '#domainClaim/contract.ts';
import { USER_INVITATION } from '#invitation/contract.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { SSO_CONFIGURATION, SSO_DEACTIVATION } from '#sso/contract.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import { FAST, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => onboarding.heal());

const users = [{ email: 'ada@example.org', firstName: 'Ada', lastName: 'B', role: 'clinician' }];
const orgData = { name: 'A clinic', type: 'provider' };
const origin = () => ({ requestedAt: new Date().toISOString(), source: 'test' });
const ids = () => ({ organizationId: randomUUID(), origin: origin() });

/** Starts a run as the Temporal CLI does. */
const start = (type: string, input: unknown, workflowId = `evil-${randomUUID()}`) =>
  onboarding.client.workflow.start(type, {
    taskQueue:
      type === ORGANIZATION_BOOTSTRAP || type === ORGANIZATION_DELETION
        ? onboarding.taskQueue
        : onboarding.usersTaskQueue,
    workflowId,
    args: [input],
  });

type Handle = Pick<Awaited<ReturnType<typeof start>>, 'result' | 'describe'>;

const typeOfFailure = async (handle: Handle) => {
  const error = (await handle.result().catch((thrown) => thrown)) as WorkflowFailedError;
  return (error.cause as unknown as { type?: string } | undefined)?.type;
};

/** Resets a closed run to its first workflow task. */
async function resetFirst(handle: Handle) {
  const { workflowId, runId } = await handle.describe();
  const [first] = await resetPoints(onboarding.client.workflow.getHandle(workflowId, runId));
  return reset(onboarding.client, { workflowId, runId }, first!);
}

describe('a refused run stays refused when it is reset, and again', () => {
  test.each([
    [ORGANIZATION_BOOTSTRAP, { orgData, users, subdomain: 'www', timing: FAST }],
    [ORGANIZATION_BOOTSTRAP, { orgData, users, subdomain: '*', timing: FAST }],
    [
      ORGANIZATION_BOOTSTRAP,
      { orgData: { ...orgData, name: 'a\u0000' }, users, subdomain: 'nul', timing: FAST },
    ],
    [ORGANIZATION_BOOTSTRAP, null],
    [USER_INVITATION, { invitationId: randomUUID(), orgId: 5, origin: origin() }],
    [DOMAIN_VERIFICATION, { ...ids(), claimId: randomUUID(), domain: 'x', challenge: 'c' }],
    [ORGANIZATION_DELETION, { ...ids(), reason: {} }],
    [SSO_CONFIGURATION, { ...ids(), configurationId: randomUUID(), metadata: {} }],
    [SSO_DEACTIVATION, { ...ids(), reason: 'a\nb' }],
  ])('%s with %j', async (type, input) => {
    const before = await onboarding.countEvents();
    const handle = await start(type, input);
    expect(await typeOfFailure(handle)).toBe('InvalidInput');
    const again = await resetFirst(handle);
    expect(await typeOfFailure(again)).toBe('InvalidInput');
    expect(await typeOfFailure(await resetFirst(again))).toBe('InvalidInput');
    expect(await onboarding.countEvents()).toBe(before);
  });

  test('also under the workflow id of a run that was accepted', async () => {
    const subdomain = `s${randomUUID().slice(0, 8)}`;
    const workflowId = `hand-${subdomain}`;
    const accepted = { orgData, users, subdomain, timing: FAST };
    await (await start(ORGANIZATION_BOOTSTRAP, accepted, workflowId)).result();
    const before = await onboarding.countEvents();
    const evil = { ...accepted, subdomain: 'www', organizationId: randomUUID() };
    const handle = await start(ORGANIZATION_BOOTSTRAP, evil, workflowId);
    expect(await typeOfFailure(handle)).toBe('InvalidInput');
    expect(await typeOfFailure(await resetFirst(handle))).toBe('InvalidInput');
    expect(await onboarding.countEvents()).toBe(before);
  });
});

describe('a run that earlier rules accepted goes on when it is reset', () => {
  /** Appends the event that an accepted run or request has left. */
  const appendEvent = (orgId: string, metadata: object, data: object) =>
    onboarding.owner.query('SELECT append_event($1, $2, $3, $4, $5, $6)', [
      randomUUID(),
      'organization.bootstrap.initiated',
      'organization',
      orgId,
      data,
      metadata,
    ]);

  /** @param subdomain reserved, and a name that no other test uses. */
  async function refusedNow(subdomain: string) {
    const organizationId = randomUUID();
    const input = {
      organizationId,
      orgData,
      users,
      subdomain,
      origin: origin(),
      timing: FAST,
    };
    const workflowId = `org-bootstrap-${organizationId}`;
    const handle = await start(ORGANIZATION_BOOTSTRAP, input, workflowId);
    expect(await typeOfFailure(handle)).toBe('InvalidInput');
    return { input, workflowId, handle, organizationId };
  }

  const initiated = ({ input }: { input: object }) => ({
    name: 'A clinic',
    slug: `s${randomUUID().slice(0, 8)}`,
    subdomain: null,
    params: input,
  });

  test('when its request is stored', async () => {
    const run = await refusedNow('webmail');
    await appendEvent(run.organizationId, { workflow_id: run.workflowId }, initiated(run));
    const again = await resetFirst(run.handle);
    expect(await again.result()).toMatchObject({ orgId: run.organizationId });
  });

  test('but not when another request is stored', async () => {
    const run = await refusedNow('autodiscover');
    const other = { ...run.input, subdomain: 'fine' };
    await appendEvent(
      run.organizationId,
      { workflow_id: run.workflowId },
      initiated({ input: other }),
    );
    expect(await typeOfFailure(await resetFirst(run.handle))).toBe('InvalidInput');
  });

  test('when the first of its runs has left an event', async () => {
    const run = await refusedNow('wpad');
    const { runId } = await run.handle.describe();
    await appendEvent(
      run.organizationId,
      { workflow_id: run.workflowId, workflow_run_id: runId },
      initiated({ input: {} }),
    );
    const again = await resetFirst(run.handle);
    expect(await again.result()).toMatchObject({ orgId: run.organizationId });
    const once = await resetFirst(again);
    expect(await once.result()).toMatchObject({ orgId: run.organizationId });
  });
});
