/** How the pages for operators are written: what a test has to know to run their lines. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  kubectlCalls,
  kubectlProblems,
  productionCluster,
} from '#support/runbooks/kubectlLines.ts';
import { NOT_RUN } from '#support/runbooks/notRun.ts';
import { badlyWritten, pageLines } from '#support/runbooks/pageLines.ts';

const lines = pageLines();

test('blocks are of a language that is run, and statements stand in blocks', () => {
  expect(lines.length).toBeGreaterThan(150);
  expect(badlyWritten()).toEqual([]);
});

test('every block of SQL says as whom it is run', () => {
  const unsaid = lines
    .filter(({ language, role }) => language === 'sql' && !['application', 'owner'].includes(role!))
    .map(({ page, at, role }) => `${page}:${at}: ${role}`);
  expect(unsaid).toEqual([]);
});

test('what is not run is there, and says why', () => {
  const unused = NOT_RUN.filter(({ matches }) => !lines.some(({ text }) => matches.test(text)));
  expect(unused.map(({ matches }) => matches.source)).toEqual([]);
  for (const { reason } of NOT_RUN) expect(reason.length).toBeGreaterThan(10);
});

describe('kubectl', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await productionCluster();
  });

  test('names what the manifests render', () => {
    const problems = lines.flatMap((line) =>
      kubectlCalls(line).flatMap((call) =>
        kubectlProblems(call, cluster).map(
          (problem) => `${line.page}:${line.at}: ${call}: ${problem}`,
        ),
      ),
    );
    expect(problems).toEqual([]);
  });

  test.each([
    ['kubectl get pods -n temporal -l app=a4c-api', 'no pod of ours has the label app=a4c-api'],
    ['kubectl get pods -l role=api', 'names no namespace (-n temporal)'],
    ['kubectl rollout status -n temporal deployment/a4c-api', 'there is no Deployment a4c-api'],
    ['kubectl get pods -n default -l role=api', 'there is no namespace default'],
    ['kubectl apply -k k8s/overlays/staging', 'there is no k8s/overlays/staging'],
    ['kubectl logs -n temporal api-0', 'names nothing that is known'],
  ])('a wrong line is refused: %s', (call, problem) => {
    expect(kubectlProblems(call, cluster)).toEqual([problem]);
  });
});
