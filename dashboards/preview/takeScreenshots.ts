/**
 * `npm run screenshots`: starts the embedded stack under load, opens the six dashboards, and
 * writes a screenshot of each to `docs/img`. Then Cloudflare refuses our token, and the worker ends:
 * pictures of the same dashboards, `<name>-failing.png`. Fails when a panel's query fails.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser } from 'puppeteer-core';
import { createApiClient } from '../../dev/demo/apiClient.ts';
import { CALLER, sampleOrganization } from '../../dev/demo/sampleOrganization.ts';
import { resolvePrometheusTools } from '../../dev/tools/prometheusTools.ts';
import { demoLoad } from '../check/demoLoad.ts';
import { type MonitoredStack, startMonitoredStack } from '../check/monitoredStack.ts';
import { DASHBOARD_NAMES, startPreviewServer } from './previewServer.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const IMAGES = path.join(ROOT, 'docs/img');
const WIDTH = 1600;
const HEIGHT = 1000;
const ROUNDS = 6;
const ROUND_PAUSE_MS = 5_000;
const DRAW_LIMIT_MS = 60_000;
/** Lines are drawn shortly after their data has arrived. */
const SETTLE_MS = 1_500;
const LEAD_SECONDS = 10;
/** Longer than dependencies are asked in development. */
const BROKEN_MS = 40_000;
const STARTED = 3;
const FORBIDDEN = 403;
/** Cloudflare's code of a token that it does not know. */
const INVALID_TOKEN = 9109;
const MS = 1000;

async function shoot(browser: Browser, url: string, name: string): Promise<string[]> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`${name}: ${String(error)}`));
  await page.setViewport({ width: WIDTH, height: HEIGHT });
  await page.goto(url, { waitUntil: 'networkidle0', timeout: DRAW_LIMIT_MS });
  await page.waitForFunction(
    `document.querySelectorAll('[data-panel]').length > 0 &&
     document.querySelectorAll('[data-state=loading]').length === 0`,
    { timeout: DRAW_LIMIT_MS },
  );
  await delay(SETTLE_MS);
  await page.screenshot({
    path: path.join(IMAGES, `${name}.png`) as `${string}.png`,
    fullPage: true,
  });
  const failed = (await page.evaluate(
    `[...document.querySelectorAll('[data-state=error]')].map((each) => each.dataset.panel)`,
  )) as string[];
  await page.close();
  return failed.map((panel) => `${name}: ${panel}`);
}

/** @param suffix of the files' names. */
async function shootAll(
  { prometheusUrl }: MonitoredStack,
  seconds: number,
  suffix = '',
): Promise<string[]> {
  const preview = await startPreviewServer(prometheusUrl);
  const browser = await puppeteer.launch({
    args: [...chromium.args, '--no-sandbox'],
    executablePath: await chromium.executablePath(),
    headless: true,
    env: { ...process.env, LANG: 'en_US.UTF-8', TZ: 'UTC' },
  });
  try {
    const failed: string[] = [];
    for (const name of DASHBOARD_NAMES) {
      const url = `${preview.url}/?dashboard=${name}&seconds=${seconds}`;
      failed.push(...(await shoot(browser, url, name + suffix)));
    }
    return failed;
  } finally {
    await browser.close();
    await preview.stop();
  }
}

/** Requests onboardings, and waits for none of them. */
async function startOnboardings({ stack, apiUrl }: MonitoredStack): Promise<void> {
  const api = createApiClient(apiUrl, await stack.supabase.issueToken(CALLER));
  for (let index = 0; index < STARTED; index++) {
    await api.post('/api/v1/workflows/organization-bootstrap', sampleOrganization());
  }
}

/** Cloudflare refuses our token, and no worker runs any more. */
async function breakIt(monitored: MonitoredStack): Promise<void> {
  monitored.stack.cloudflare.fail({
    status: FORBIDDEN,
    code: INVALID_TOKEN,
    times: Number.POSITIVE_INFINITY,
  });
  await startOnboardings(monitored);
  await delay(BROKEN_MS);
  await monitored.stopWorker();
  await startOnboardings(monitored);
  await delay(BROKEN_MS);
}

const tools = await resolvePrometheusTools({
  cacheFolder: path.join(ROOT, '.cache'),
  log: console.log,
});
await mkdir(IMAGES, { recursive: true });
const monitored = await startMonitoredStack(tools, { warmUp: demoLoad });
try {
  const started = Date.now();
  const secondsShown = () => Math.ceil((Date.now() - started) / MS) + LEAD_SECONDS;
  for (let round = 0; round < ROUNDS; round++) {
    await demoLoad(monitored.apiUrl, monitored.stack);
    await delay(ROUND_PAUSE_MS);
  }
  const failed = await shootAll(monitored, secondsShown());
  await breakIt(monitored);
  failed.push(...(await shootAll(monitored, secondsShown(), '-failing')));
  for (const panel of failed) console.error(`not drawn: ${panel}`);
  console.log(`wrote ${2 * DASHBOARD_NAMES.length} pictures into ${IMAGES}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await monitored.stop();
}
