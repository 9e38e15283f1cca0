import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from '#dev/loopback/loopbackPager.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { play } from './proof.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const INSTALL_LIMIT_MS = 300_000;
const LABELS = {
  alertname: 'NoPollers',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
};
const RUNBOOKS = 'https://github.com/analytics4change/a4c-workflows/blob/main/docs/runbooks';

let amtool: string;
/** A Prometheus without active alerts, as after earlier scenarios have ended. */
const prometheus = createServer((_request, response) => {
  response.end(JSON.stringify({ data: { alerts: [] } }));
});
beforeAll(async () => {
  const cacheFolder = path.resolve('.cache');
  ({ amtool } = await resolvePrometheusTools({ cacheFolder, log: console.log }));
  await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
}, INSTALL_LIMIT_MS);
afterAll(() => prometheus.close());

/** A stage with a pager and nothing else. */
function stageWith(pages: Page[]): Stage {
  const prometheusUrl = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  return { amtool, monitoring: { prometheusUrl, pager: { pages } } } as unknown as Stage;
}

/** A fault that notifies the first receivers, and whose end notifies the second ones. */
function fault(pages: Page[], told: string[], toldOfEnd: string[]): Scenario {
  const tell = (status: Page['status'], receivers: string[]) => {
    for (const receiver of receivers) {
      const annotations = { runbook_url: `${RUNBOOKS}/NoPollers.md` };
      pages.push({ receiver, status, labels: LABELS, annotations, receivedAt: Date.now() });
    }
  };
  return {
    fault: 'a fault',
    proves: [{ alert: 'NoPollers' }],
    limitSeconds: 0.5,
    begin: async () => tell('firing', told),
    end: async () => tell('resolved', toldOfEnd),
  };
}

const ALL = ['platform-pager', 'platform-slack'];

test.each([
  ['everybody is told of it and of its end', ALL, ALL, undefined],
  ['nobody is told', [], [], 'no page within 0.5 s'],
  [
    'one of the receivers is not told',
    ['platform-pager'],
    ['platform-pager'],
    'not told to platform-slack within 0.5 s',
  ],
  [
    'one of the receivers is not told of its end',
    ALL,
    ['platform-slack'],
    'not resolved within 0.5 s',
  ],
])('records the result when %s', async (_what, told, toldOfEnd, reason) => {
  const pages: Page[] = [];
  const [proof] = await play(stageWith(pages), fault(pages, told, toldOfEnd));
  expect(proof).toMatchObject({ alert: 'NoPollers', told, runbook: true });
  expect(proof!.reason).toBe(reason);
});

const page = (alertname: string, status: Page['status'], receiver: string): Page => ({
  receiver,
  status,
  labels: { ...LABELS, alertname },
  annotations: { runbook_url: `${RUNBOOKS}/${alertname}.md` },
  receivedAt: Date.now(),
});

test.each([
  ['one page', [], undefined],
  ['another alert', [['TargetDown', 'firing']], 'paged for TargetDown as well'],
  [
    'a page that is taken back',
    [['NoPollers', 'resolved']],
    'NoPollers was taken back while the fault lasted',
  ],
] as const)('of an incident that lasts, the pager gets %s', async (_what, more, reason) => {
  const pages: Page[] = [];
  const steady = fault(pages, ALL, ALL);
  const { begin } = steady;
  steady.steadySeconds = 0.2;
  steady.begin = async (stage) => {
    await begin(stage);
    for (const [alert, status] of more) pages.push(page(alert, status, 'platform-pager'));
  };
  const [proof] = await play(stageWith(pages), steady);
  expect(proof!.reason).toBe(reason);
});

test('a page that comes later than it may is not a proof', async () => {
  const pages: Page[] = [];
  const late = fault(pages, ALL, ALL);
  const { begin } = late;
  late.reach = '1m';
  late.limitSeconds = 10;
  // The fault is timed from its beginning: its first page comes after a minute of production.
  late.begin = async (stage) => {
    await begin(stage);
    for (const one of pages) one.receivedAt += 8_000;
  };
  late.end = async () => {
    for (const receiver of ALL) {
      pages.push({ ...page('NoPollers', 'resolved', receiver), receivedAt: Date.now() + 9_000 });
    }
  };
  const [proof] = await play(stageWith(pages), late);
  expect(proof!.reason).toBe('paged later than 1m');
});
