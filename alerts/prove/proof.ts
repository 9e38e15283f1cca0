/** Plays a scenario, and waits until its alerts are notified and resolved. */
import { access } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AlertDefinition } from '#alerts/src/alert.ts';
import { runbookUrl } from '#alerts/src/ruleFiles.ts';
import type { Page } from '#dev/loopback/loopbackPager.ts';
import { WATCHDOG } from './choice.ts';
import { hasLabels, ruleOf } from './provedRules.ts';
import { receiversOf } from './receivers.ts';
import type { ProvedAlert, Scenario } from './scenario.ts';
import { activeAlerts, type Stage } from './stage.ts';

export interface Proof {
  alert: string;
  labels: Record<string, string>;
  fault: string;
  secondsToPage?: number;
  secondsToResolve?: number;
  /** Receivers that were notified. */
  told: string[];
  runbook: boolean;
  /** Why the alert is not proved. */
  reason?: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const POLL_MS = 100;
const MS = 1000;
const DEFAULT_LIMIT_SECONDS = 120;
/** An alert can stay active after its scenario for as long as its longest range. */
const QUIET_LIMIT_SECONDS = 180;

const isAbout = (page: Page, proved: ProvedAlert): boolean =>
  page.labels.alertname === proved.alert && hasLabels(page.labels, proved.labels);

/** What a page lacks: labels that routes use, or the link to the runbook. */
function problemOf(page: Page, definition: AlertDefinition): string | undefined {
  const { severity, team, service, name } = definition;
  // A template contains the job, which the page has as a label.
  const labels = { severity, team, service: service.includes('{{') ? page.labels.job! : service };
  if (!hasLabels(page.labels, labels)) return 'paged with other labels';
  if (page.annotations.runbook_url !== runbookUrl(name)) return 'paged without its runbook';
  return undefined;
}

const hasRunbook = (alert: string): Promise<boolean> =>
  access(path.join(ROOT, 'docs/runbooks', `${alert}.md`)).then(
    () => true,
    () => false,
  );

interface Watched {
  proved: ProvedAlert;
  definition: AlertDefinition;
  /** Receivers that have to be notified. */
  receivers: string[];
  proof: Proof;
}

async function watchedOf({ amtool }: Stage, scenario: Scenario): Promise<Watched[]> {
  return Promise.all(
    scenario.proves.map(async (proved) => {
      const definition = ruleOf(proved);
      const receivers = await receiversOf(amtool, definition);
      const runbook = await hasRunbook(proved.alert);
      const proof: Proof = {
        alert: proved.alert,
        labels: proved.labels ?? {},
        fault: scenario.fault,
        told: [],
        runbook,
      };
      return { proved, definition, receivers, proof };
    }),
  );
}

/** The first page since `since` that satisfies `matches`. */
const pageSince = (stage: Stage, since: number, matches: (page: Page) => boolean) =>
  stage.monitoring.pager.pages.find((page) => page.receivedAt >= since && matches(page));

async function until(done: () => boolean, limitSeconds: number): Promise<boolean> {
  const deadline = Date.now() + limitSeconds * MS;
  while (!done()) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Waits until none of them is pending or firing, so that the next page comes from this fault. */
async function untilQuiet(stage: Stage, watched: Watched[]): Promise<void> {
  const deadline = Date.now() + QUIET_LIMIT_SECONDS * MS;
  while (Date.now() < deadline) {
    const active = await activeAlerts(stage.monitoring);
    const busy = active.some(({ labels }) =>
      watched.some(
        ({ proved }) => labels.alertname === proved.alert && hasLabels(labels, proved.labels),
      ),
    );
    if (!busy) return;
    await delay(POLL_MS * 5);
  }
}

/** Records which receivers were notified since `since`. @returns whether all required ones were. */
function recordPage(
  stage: Stage,
  { proved, definition, receivers, proof }: Watched,
  since: number,
): boolean {
  for (const receiver of receivers.filter((one) => !proof.told.includes(one))) {
    const page = pageSince(
      stage,
      since,
      (one) => one.status === 'firing' && one.receiver === receiver && isAbout(one, proved),
    );
    if (!page) continue;
    proof.told.push(receiver);
    proof.secondsToPage ??= (page.receivedAt - since) / MS;
    proof.reason ??= problemOf(page, definition);
  }
  return proof.told.length === receivers.length;
}

/** Checks all of them each time, because each records its own time. */
const recordPages = (stage: Stage, watched: Watched[], since: number): boolean =>
  watched.map((one) => recordPage(stage, one, since)).every((isTold) => isTold);

/** The last notification of each receiver for each instance of an alert. */
function lastWords(stage: Stage, matches: (page: Page) => boolean): Page[] {
  const last = new Map<string, Page>();
  for (const page of stage.monitoring.pager.pages.filter(matches)) {
    last.set(JSON.stringify([page.receiver, Object.entries(page.labels).toSorted()]), page);
  }
  return [...last.values()];
}

function recordEnds(stage: Stage, watched: Watched[], begun: number, ended: number): boolean {
  for (const { proved, proof } of watched) {
    if (proof.secondsToPage === undefined || proof.secondsToResolve !== undefined) continue;
    const paged = begun + proof.secondsToPage * MS;
    const last = lastWords(
      stage,
      (page) => proof.told.includes(page.receiver) && isAbout(page, proved),
    );
    if (last.some(({ status }) => status === 'firing')) continue;
    const resolvedAt = Math.max(...last.map(({ receivedAt }) => receivedAt));
    if (resolvedAt < paged) continue;
    proof.secondsToResolve = Math.max(0, (resolvedAt - ended) / MS);
  }
  return watched.every(
    ({ proof }) => proof.secondsToPage === undefined || proof.secondsToResolve !== undefined,
  );
}

const messageOf = (error: unknown): string => (error as Error).message.split('\n')[0]!;

function verdict({ proof, receivers }: Watched, limit: number): string | undefined {
  if (proof.secondsToPage === undefined) return `no page within ${limit} s`;
  const untold = receivers.filter((receiver) => !proof.told.includes(receiver));
  if (untold.length > 0) return `not told to ${untold.join(', ')} within ${limit} s`;
  if (proof.secondsToResolve === undefined) return `not resolved within ${limit} s`;
  return proof.runbook ? undefined : 'no runbook';
}

/** Plays one scenario, and always ends its fault. */
export async function play(stage: Stage, scenario: Scenario): Promise<Proof[]> {
  const watched = await watchedOf(stage, scenario);
  const limit = scenario.limitSeconds ?? DEFAULT_LIMIT_SECONDS;
  await untilQuiet(stage, watched);
  const begun = Date.now();
  const failure = await scenario
    .begin(stage)
    .then(() => until(() => recordPages(stage, watched, begun), limit))
    .then(() => undefined, messageOf);
  const ended = Date.now();
  const endFailure = await scenario.end(stage).then(() => undefined, messageOf);
  await until(() => recordEnds(stage, watched, begun, ended), limit);
  await scenario.restore?.(stage);
  for (const one of watched) {
    const { proof } = one;
    proof.reason ??= failure ?? endFailure ?? verdict(one, limit);
    if (proof.reason === undefined) delete proof.reason;
  }
  return watched.map(({ proof }) => proof);
}

/** Checks the alert that always fires: it has to be notified, and notified again. */
export async function proveWatchdog(stage: Stage): Promise<Proof> {
  const [receiver] = await receiversOf(stage.amtool, ruleOf(WATCHDOG));
  const beats = () =>
    stage.monitoring.pager.pages.filter(
      (page) => page.receiver === receiver && isAbout(page, WATCHDOG),
    );
  const begun = Date.now();
  const before = beats().length;
  const came = await until(() => beats().length > before, DEFAULT_LIMIT_SECONDS);
  return {
    alert: WATCHDOG.alert,
    labels: {},
    fault: 'none: it says that pages arrive, and is missed when they do not',
    told: came ? [receiver!] : [],
    runbook: await hasRunbook(WATCHDOG.alert),
    secondsToPage: (Date.now() - begun) / MS,
    ...(!came && { reason: 'it did not come again' }),
  };
}
