/** What stands in a family's own files and once more in a list: a forgotten entry is red here. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { Connection } from '@temporalio/client';
import { describe, expect, inject, test } from 'vitest';
import { EVENTS, FAMILIES, SCHEDULES, SEARCH_ATTRIBUTES, WORKFLOWS } from '#families.ts';
import type { KnownRun } from '#kernel/eventStore/workflowRuns.ts';
import type { Family } from '#kernel/family.ts';
import { apiSettings, workerSettings } from '#kernel/settings/kernelSettings.ts';
import { KERNEL_METRICS } from '#kernel/telemetry/kernelMetrics.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { createVisibilitySync } from '#kernel/temporal/visibilitySync.ts';
import { namesNoOrganization } from '#kernel/workflow/ids.ts';
import type { StepDefinition } from '#kernel/workflow/steps.ts';
import { ID_FUNCTIONS, STEP_TABLES } from '#support/repository/contracts.ts';

/** The sandbox entry is bundled by its path, and imported by nobody. */
const registeredWorkflows = await import(path.resolve('src/workflows.ts'));
const ID = '6f1b1a52-3c6e-4c1c-9d3c-0f5e0a6f7b11';

test('every folder with a family is in the list of families', () => {
  const folders = globSync('src/*/family.ts').map((file) => file.split('/')[1]);
  expect(FAMILIES.map(({ name }) => name).toSorted()).toEqual(
    // The kernel's own file of this name is the type.
    folders.filter((name) => name !== 'kernel').toSorted(),
  );
});

const definedBy = (key: (family: Family) => object | undefined): string[] =>
  FAMILIES.flatMap((family) => Object.keys(key(family) ?? {}));

test.each<[string, (family: Family) => object | undefined, kernel: object]>([
  ['event', ({ events }) => events, {}],
  ['metric', ({ metrics }) => metrics, KERNEL_METRICS],
  ['setting of the API', ({ settings }) => settings?.api, apiSettings],
  ['setting of the worker', ({ settings }) => settings?.worker, workerSettings],
])('no %s is defined twice', (_what, key, kernel) => {
  const names = [...definedBy(key), ...Object.keys(kernel)];
  expect(names).not.toEqual([]);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test('the sandbox entry exports every workflow of the families, and nothing else', () => {
  const types = [...WORKFLOWS, ...SCHEDULES].map(({ type }) => type);
  expect(Object.keys(registeredWorkflows).toSorted()).toEqual(types.toSorted());
});

describe.each(STEP_TABLES)('%s', (_name, steps) => {
  test('names events that there are', () => {
    const named = steps.flatMap(({ endedBy }) => endedBy);
    expect(Object.keys(EVENTS)).toEqual(expect.arrayContaining(named));
  });

  test('tells by its events and stages which patch a run had', () => {
    const patchesOf = (key: (step: StepDefinition) => readonly string[], value: string) =>
      new Set(steps.filter((step) => key(step).includes(value)).map(({ since }) => since));
    for (const { name, since, stage, endedBy } of steps) {
      if (since) expect(endedBy, `${name} is proved by an event`).not.toEqual([]);
      expect(
        patchesOf((step) => [step.stage], stage),
        stage,
      ).toEqual(new Set([since]));
      for (const type of endedBy) {
        expect(
          patchesOf((step) => step.endedBy, type),
          type,
        ).toEqual(new Set([since]));
      }
    }
  });
});

describe('workflow ids', () => {
  const ids = ID_FUNCTIONS.map((idOf) => idOf(ID, 'example.org'));

  test.each(WORKFLOWS.filter(({ orgIdOf }) => orgIdOf !== namesNoOrganization))(
    'of $type give back the organization that they were made of',
    ({ orgIdOf }) => {
      expect(ids.filter((id) => orgIdOf(id) === ID)).toHaveLength(1);
    },
  );

  test('name the organization of one workflow at most', () => {
    expect(ids.length).toBeGreaterThanOrEqual(WORKFLOWS.length);
    for (const id of ids) {
      const owners = WORKFLOWS.filter(({ orgIdOf }) => orgIdOf(id) !== undefined);
      expect(owners.length, id).toBeLessThan(2);
    }
  });

  test('of an invitation are not taken for an organization’s', async () => {
    const recorded: KnownRun[] = [];
    const info = (type: string, workflowId: string) => ({
      type,
      workflowId,
      status: { name: 'COMPLETED' },
      startTime: new Date(),
      closeTime: new Date(),
      typedSearchAttributes: { get: () => undefined },
    });
    const list = async function* () {
      yield info('UserInvitationWorkflow', `user-invitation-${ID}`);
      yield info('OrganizationDeletionWorkflow', `org-deletion-${ID}`);
    };
    const sync = createVisibilitySync({
      client: {
        workflow: { list },
        withDeadline: (_deadline: number, call: () => unknown) => call(),
      } as unknown as Client,
      runs: { record: async (run) => recorded.push(run) > 0, isOpen: async () => true },
      workflows: WORKFLOWS,
      endUnsaid: {},
      outlived: {},
      logger: createLogger('api', 'silent'),
    });
    expect(await sync.sync(['users'], new AbortController().signal)).toBe(1);
    expect(recorded).toMatchObject([{ workflowId: `org-deletion-${ID}`, orgId: ID }]);
  });
});

describe('search attributes', () => {
  test('are registered by the embedded Temporal server, all as Keyword', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    await connection.close();
    // `temporal.api.enums.v1.IndexedValueType`: the server brings some of its own.
    const KEYWORD = 2;
    expect(customAttributes).toMatchObject(
      Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
    );
  });

  test('are what the pages say that a namespace needs', async () => {
    const pages = globSync(['README.md', 'docs/*.md', 'k8s/**/*.md']);
    const texts = await Promise.all(pages.map((page) => readFile(page, 'utf8')));
    const sentences = texts.flatMap(
      (text) => text.match(/needs the search attributes [^.]+ Keyword/g) ?? [],
    );
    expect(sentences).not.toEqual([]);
    for (const sentence of sentences) {
      const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name);
      expect(named.toSorted()).toEqual(SEARCH_ATTRIBUTES.toSorted());
    }
  });
});
