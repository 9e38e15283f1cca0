import { globSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { ORGANIZATION_DELETION } from '#deletion/contract.ts';
import { bundleChangedWorkflows } from '#dev/embedded/changedWorkflows.ts';
import { USER_INVITATION } from '#invitation/contract.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { installRuntime } from '#kernel/temporal/runtime.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { SSO_CONFIGURATION } from '#sso/contract.ts';

/**
 * Histories of runs that this code has made (`record/record.ts`). As long as a run of
 * their kind may be under way in production, they are kept and must replay.
 */
const HISTORIES = path.join(import.meta.dirname, 'histories');
const SRC = path.resolve(import.meta.dirname, '../../src');
const names = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

const historyOf = async (name: string) =>
  historyFromJSON(JSON.parse(await readFile(path.join(HISTORIES, name), 'utf8')));

async function replay(code: string, name: string): Promise<void> {
  await Worker.runReplayHistory(
    { workflowBundle: { code }, plugins: [temporalTracingPlugin()], replayName: name },
    await historyOf(name),
  );
}

beforeAll(() => installRuntime(createLogger('replay', 'silent')));

describe('the present code replays', () => {
  let code: string;
  beforeAll(async () => {
    code = await readFile(inject('workflowBundlePath'), 'utf8');
  });

  test('histories of every kind of ending', () => {
    expect(names).toEqual([
      'before-dns-verification.json',
      'by-hand.json',
      'cancelled-by-deletion.json',
      'cancelled-while-it-activates.json',
      'cancelled.json',
      'completed.json',
      'deletion-before-waiting.json',
      'deletion-while-inviting.json',
      'deletion-with-children.json',
      'domain-rejected.json',
      'domain-verified.json',
      'failed.json',
      'invitation-accepted-at-once.json',
      'invitation-accepted-before-its-mail.json',
      'invitation-accepted.json',
      'invitation-expired.json',
      'invitation-mail-outcome-unknown.json',
      'invitation-mail-refused.json',
      'invitation-resent-and-revoked.json',
      'invitations-left-to-runs.json',
      'mail-outcome-unknown.json',
      'not-cancelled-by-deletion.json',
      'person-skipped-dns.json',
      'refused-input.json',
      'reset-after-completion.json',
      'sso-cancelled.json',
      'sso-completed.json',
      'sso-failed.json',
      'sso-test-timed-out.json',
      'sso-undone-by-the-store.json',
      'undone-by-the-store.json',
      'without-subdomain.json',
    ]);
  });

  test.each(names)('%s', async (name) => {
    await replay(code, name);
  });
});

test('the history from before DNS verification has neither its marker nor its timer', async () => {
  const { events = [] } = await historyOf('before-dns-verification.json');
  expect(events?.some((event) => event.markerRecordedEventAttributes)).toBe(false);
  expect(events?.some((event) => event.timerStartedEventAttributes)).toBe(false);
  const { events: now = [] } = await historyOf('completed.json');
  expect(now?.some((event) => event.markerRecordedEventAttributes)).toBe(true);
});

/** Patches that a history has passed, by the family of its workflow. */
async function patchesOf(name: string): Promise<string[]> {
  const { events } = await historyOf(name);
  const started = events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name;
  const details = (events ?? []).flatMap(
    ({ markerRecordedEventAttributes }) =>
      markerRecordedEventAttributes?.details?.['patch-data']?.payloads ?? [],
  );
  return details.map(({ data }) => {
    const { id } = JSON.parse(Buffer.from(data!).toString());
    return `${started}: ${id}`;
  });
}

/** Patches in the workflow code of one family. */
async function patchesIn(family: string): Promise<string[]> {
  const files = globSync(`${family}/{workflow.ts,workflow/*.ts}`, { cwd: SRC });
  const sources = await Promise.all(files.map((file) => readFile(path.join(SRC, file), 'utf8')));
  return sources.flatMap((source) =>
    [...source.matchAll(/patched\('([^']+)'\)/g)].map(([, id]) => id!),
  );
}

test.each([
  ['onboarding', ORGANIZATION_BOOTSTRAP],
  ['invitation', USER_INVITATION],
  ['sso', SSO_CONFIGURATION],
  ['deletion', ORGANIZATION_DELETION],
])('every patch of %s is in a history', async (family, workflow) => {
  const recorded = (await Promise.all(names.map(patchesOf))).flat();
  const patches = await patchesIn(family);
  expect(patches.length).toBeGreaterThan(0);
  expect(patches.filter((id) => !recorded.includes(`${workflow}: ${id}`))).toEqual([]);
});

test('an incompatible change is caught: one more step before the first', async () => {
  const code = await bundleChangedWorkflows([
    {
      file: 'onboarding/workflow.ts',
      from: '    await createOrganization(run);',
      to: '    await sleep(1000);\n    await createOrganization(run);',
    },
  ]);
  await expect(replay(code, 'completed.json')).rejects.toBeInstanceOf(DeterminismViolationError);
});

test('an incompatible change of single sign-on is caught: the test left out', async () => {
  const code = await bundleChangedWorkflows([
    { file: 'sso/workflow.ts', from: '    await testFlow(run);', to: '    void testFlow;' },
  ]);
  await expect(replay(code, 'sso-completed.json')).rejects.toBeInstanceOf(
    DeterminismViolationError,
  );
});

test('without the patch marker’s guard the old history does not replay', async () => {
  const code = await bundleChangedWorkflows([
    {
      file: 'onboarding/workflow.ts',
      from: `if (patched('dns-verification')) {`,
      to: 'if (true) {',
    },
    { file: 'onboarding/workflow.ts', from: '  patched,\n', to: '' },
  ]);
  await expect(replay(code, 'before-dns-verification.json')).rejects.toBeInstanceOf(
    DeterminismViolationError,
  );
});
