/** Every task queue has workers in each rendering, and what goes with them. */
import { describe, expect, test } from 'vitest';
import { deploymentNameOf, QUEUE_NAMES, QUEUES, type Queue } from '#kernel/queues.ts';
import {
  type Container,
  type Manifest,
  named,
  ofKind,
  renderedManifests,
  settingsOf,
} from '#support/repository/manifests.ts';

const renderings = await renderedManifests();

interface Workers {
  deployment: Manifest;
  container: Container;
  /** What the argument `--queues` says, one name as a rule. */
  queues: string[];
}

/** The Deployments that run the role worker, with the queues that each of them serves. */
const workersIn = (manifests: Manifest[]): Workers[] =>
  ofKind(manifests, 'Deployment').flatMap((deployment) => {
    const container: Container = deployment.spec.template.spec.containers[0];
    if (!container.args.includes('worker')) return [];
    const [argument = ''] = container.args.filter((one) => one.startsWith('--queues='));
    return [{ deployment, container, queues: argument.replace('--queues=', '').split(',') }];
  });

/** The renderings in which workers run: all but the migrations. */
const withWorkers = (): [name: string, manifests: Manifest[]][] =>
  [...renderings].filter(([name]) => !name.endsWith('migration'));

/** The Deployment of a queue's workers, and their settings. */
function workersOf(manifests: Manifest[], queue: Queue) {
  const [found] = workersIn(manifests).filter(({ queues }) => queues.includes(queue));
  if (!found) throw new Error(`no Deployment with --queues=${queue}: see k8s/base/workers`);
  return { ...found, settings: settingsOf(manifests, found.container) };
}

describe('every task queue', () => {
  test('has one Deployment of workers of its own', () => {
    expect(withWorkers().length).toBeGreaterThan(6);
    for (const [name, manifests] of withWorkers()) {
      const served = workersIn(manifests).map(({ queues }) => queues.join());
      expect(served.toSorted(), name).toEqual(QUEUE_NAMES.toSorted());
    }
  });

  test.each(QUEUE_NAMES)('is named by its setting, as by default: %s', (queue) => {
    for (const [name, manifests] of withWorkers()) {
      const { settings } = workersOf(manifests, queue);
      expect(settings[QUEUES[queue].setting], name).toBe(queue);
    }
  });

  const pinned = QUEUE_NAMES.filter((queue) => QUEUES[queue].versioning === 'PINNED');
  // Their runs end on the version that they began on.
  test.each(pinned)(
    'with pinned runs keeps the workers of the version that drains: %s',
    (queue) => {
      const current = workersOf(renderings.get('production')!, queue).settings;
      const draining = workersOf(renderings.get('production/draining')!, queue).settings;
      expect(current.WORKER_DEPLOYMENT_NAME).not.toBe('');
      expect(draining.WORKER_DEPLOYMENT_NAME).toBe(current.WORKER_DEPLOYMENT_NAME);
    },
  );

  test.each(QUEUE_NAMES)('is scaled by its own backlog with KEDA: %s', (queue) => {
    const manifests = renderings.get('production')!;
    const { deployment, settings } = workersOf(manifests, queue);
    const { spec } = named(manifests, 'ScaledObject', deployment.metadata.name);
    expect(spec.triggers[0].metadata).toMatchObject({
      taskQueue: settings[QUEUES[queue].setting],
      workerDeploymentName: deploymentNameOf(settings.WORKER_DEPLOYMENT_NAME!, queue),
    });
  });

  test.each(QUEUE_NAMES)('is scaled by its own backlog without KEDA: %s', (queue) => {
    const manifests = renderings.get('dev with hpa')!;
    const { deployment, settings } = workersOf(manifests, queue);
    const { spec } = named(manifests, 'HorizontalPodAutoscaler', deployment.metadata.name);
    expect(spec.metrics[0].external.metric.selector.matchLabels).toEqual({
      task_queue: settings[QUEUES[queue].setting],
    });
  });
});
