import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { breakProjection } from '#support/history/brokenProjection.ts';
import { attemptsOf, bootstrapRuns, failureOf } from '#support/runs/bootstrapRuns.ts';
import { sampleUsers, startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const execute = promisify(execFile);
const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => onboarding.heal());

const { mailsOf, recordsOf, expectUndone, lastEvent } = bootstrapRuns(onboarding);

/** Active, with every mail sent, and nothing undone on the way. */
async function expectSaved(run: Awaited<ReturnType<typeof startBootstrap>>, users = 3) {
  expect(await run.handle.result()).toMatchObject({ invitationsSent: users, errors: [] });
  expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({ status: 'active' });
  const invitations = await onboarding.readModels.invitationsOf(run.orgId);
  expect(invitations.map(({ status, emailStatus }) => [status, emailStatus])).toEqual(
    Array.from({ length: users }, () => ['pending', 'sent']),
  );
  expect(recordsOf(run.fqdn)).toHaveLength(1);
  expect(mailsOf(run.slug)).toHaveLength(users);
}

describe('is waited out', () => {
  test.each([
    [429, 4],
    [503, 4],
    [403, 1],
  ])('Cloudflare answers %i, %i times', async (status, times) => {
    onboarding.cloudflare.fail({ status, times });
    const run = await startBootstrap(onboarding);
    await expectSaved(run);
    expect(await attemptsOf(run, 'configureDNSActivity')).toBe(times + 1);
  });

  test('a mail server that answers 451 until it does not', async () => {
    onboarding.smtp.fail('*', { code: 451 });
    const run = await startBootstrap(onboarding);
    await expect
      .poll(() => onboarding.smtp.refused.filter((to) => to.includes(run.slug)).length)
      .toBeGreaterThan(15);
    onboarding.smtp.clearFaults();
    await expectSaved(run);
  });

  test('a mail server that takes two mails a second: thirty people get theirs, once', async () => {
    onboarding.smtp.limit(2);
    const slug = 'two-a-second';
    const run = await startBootstrap(onboarding, { slug, users: sampleUsers(slug, 30) });
    await expectSaved(run, 30);
    expect(new Set(mailsOf(slug).map(({ to }) => to[0])).size).toBe(30);
  });

  test('a projection that raises, of an event that must be projected', async () => {
    const mend = await breakProjection(onboarding.owner, 'project_organization_created');
    const run = await startBootstrap(onboarding);
    await expect.poll(() => attemptsSoFar(run)).toBeGreaterThan(3);
    expect(await run.eventTypes()).toEqual([]);
    const { stdout } = await execute(
      process.execPath,
      ['src/main.ts', 'ops', 'waiting', '--json'],
      {
        env: onboarding.workerEnv,
      },
    );
    const rows: { workflowId: string }[] = JSON.parse(stdout);
    expect(rows.find(({ workflowId }) => workflowId === run.workflowId)).toMatchObject({
      reason: 'our database needs a repair',
      activity: 'createOrganizationActivity',
    });
    await mend();
    await expectSaved(run);
  });

  test('a projection that raises, of an event that is stored and holds up others', async () => {
    const mend = await breakProjection(onboarding.owner, 'project_user_invited');
    const run = await startBootstrap(onboarding);
    await expect.poll(() => attemptsSoFar(run)).toBeGreaterThan(5);
    await mend();
    await expectSaved(run);
  });
});

/** Attempts at the activity that is pending now. */
async function attemptsSoFar({ handle }: Awaited<ReturnType<typeof startBootstrap>>) {
  const { raw } = await handle.describe();
  return raw.pendingActivities?.[0]?.attempt ?? 0;
}

describe('is a failure', () => {
  test('a refused call, at once', async () => {
    onboarding.cloudflare.fail({ method: 'POST', status: 400 });
    const run = await startBootstrap(onboarding);
    expect(await failureOf(run)).toContain('Cloudflare answered 400');
    await expectUndone(run);
  });
});

test('a compensation that meets a refusal is tried again', async () => {
  const slug = 'refused-meanwhile';
  for (const { email } of sampleUsers(slug)) onboarding.smtp.fail(email, { code: 550 });
  onboarding.cloudflare.fail({ method: 'DELETE', status: 400, times: 2 });
  const run = await startBootstrap(onboarding, { slug });
  await failureOf(run);
  await expectUndone(run);
  expect(await lastEvent(run)).toMatchObject({ eventData: { pending_cleanup: [] } });
});
