/**
 * `npm run screenshots`: starts the embedded stack under load, opens the six dashboards, and
 * writes a screenshot of each to `docs/img`. Fails when a panel's query fails.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import puppeteer, { type Browser } from 'puppeteer-core';
import { resolvePrometheusTools } from '../../dev/tools/prometheusTools.ts';
import { demoLoad } from '../check/demoLoad.ts';
import { startMonitoredStack } from '../check/monitoredStack.ts';
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

async function shootAll(prometheusUrl: string, seconds: number): Promise<string[]> {
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
      failed.push(...(await shoot(browser, url, name)));
    }
    return failed;
  } finally {
    await browser.close();
    await preview.stop();
  }
}

const tools = await resolvePrometheusTools({
  cacheFolder: path.join(ROOT, '.cache'),
  log: console.log,
});
await mkdir(IMAGES, { recursive: true });
const monitored = await startMonitoredStack(tools, { warmUp: demoLoad });
try {
  const started = Date.now();
  for (let round = 0; round < ROUNDS; round++) {
    await demoLoad(monitored.apiUrl, monitored.stack);
    await delay(ROUND_PAUSE_MS);
  }
  const seconds = Math.ceil((Date.now() - started) / MS) + LEAD_SECONDS;
  const failed = await shootAll(monitored.prometheusUrl, seconds);
  for (const panel of failed) console.error(`not drawn: ${panel}`);
  console.log(`wrote ${DASHBOARD_NAMES.length} pictures into ${IMAGES}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await monitored.stop();
}
