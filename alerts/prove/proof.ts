/** Plays a scenario, and waits until its alerts are notified and resolved. */
import { access } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AlertDefinition } from '#alerts/src/alert.ts';
import { runbookUrl } from '#alerts/src/ruleFiles.ts';
import { type Duration, secondsOf } from '#alerts/src/timeScale.ts';
import type { Page } from '#dev/loopback/loopbackPager.ts';
import { WATCHDOG } from './choice.ts';
import { hasLabels, ruleOf } from './provedRules.ts';
import { receiversOf } from './receivers.ts';
import type { ProvedAlert, Scenario } from './scenario.ts';
import { activeAlerts, FACTOR, type Stage } from './stage.ts';
import { startTraffic } from './traffic.ts';

export interface Proof {
  alert: string;
  labels: Record<string, string>;
  fault: string;
  /** How long after the fault the page may come, in production. */
  reach?: Duration;
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
/** For the fault itself, its traffic, and restarts of roles. */
const FAULT_LIMIT_SECONDS = 180;
const PAGER = 'platform-pager';

/**
 * A check each second with its limit of two, a scrape, an evaluation and a webhook, which production
 * does within a minute: here it is not shortened.
 */
const OVERHEAD_SECONDS = 5;

const isAbout = ({ labels }: Pick<Page, 'labels'>, { alert, ...proved }: ProvedAlert): boolean =>
  labels.alertname === alert && hasLabels(labels, { ...proved.labels, ...proved.about });

/** What a page lacks: labels that routes use, or the link to the runbook. */
function problemOf(page: Page, definition: AlertDefinition): string | undefined {
  const { severity, team, service, name } = definition;
  // Its templates are values of labels that the page has, too.
  const rendered = service.replace(
    /\{\{ \$labels\.(\w+) \}\}/g,
    (_, label) => page.labels[label] ?? '',
  );
  const labels = { severity, team, service: rendered };
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
      const reach = proved.reach ?? scenario.reach;
      const proof: Proof = {
        alert: proved.alert,
        labels: { ...proved.labels, ...proved.about },
        fault: scenario.fault,
        ...(reach && { reach }),
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
    const busy = active.some((alert) => watched.some(({ proved }) => isAbout(alert, proved)));
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

/**
 * The page came later than it may, in production's time.
 * @param breaking how long it took to make the fault, which is not the alert's time.
 */
function lateBy(proof: Proof, breaking: number): string | undefined {
  if (proof.reach === undefined || proof.secondsToPage === undefined) return undefined;
  const limit = secondsOf(proof.reach) / FACTOR + OVERHEAD_SECONDS;
  return proof.secondsToPage - breaking > limit ? `paged later than ${proof.reach}` : undefined;
}

function verdict({ proof, receivers }: Watched, { limit, breaking }: Course): string | undefined {
  if (proof.secondsToPage === undefined) return `no page within ${limit} s`;
  const untold = receivers.filter((receiver) => !proof.told.includes(receiver));
  if (untold.length > 0) return `not told to ${untold.join(', ')} within ${limit} s`;
  if (proof.secondsToResolve === undefined) return `not resolved within ${limit} s`;
  return lateBy(proof, breaking) ?? (proof.runbook ? undefined : 'no runbook');
}

/** What makes more than one page of an incident: other alerts, and alerts that come and go. */
function unsteady(
  stage: Stage,
  { proves }: Scenario,
  { begun, ended }: Course,
): string | undefined {
  const paged = stage.monitoring.pager.pages.filter(
    ({ receiver, receivedAt }) => receiver === PAGER && receivedAt >= begun && receivedAt < ended,
  );
  const isProved = ({ labels }: Page) => proves.some(({ alert }) => alert === labels.alertname);
  const namesOf = (pages: Page[]) =>
    [...new Set(pages.map(({ labels }) => labels.alertname))].join();
  const others = namesOf(paged.filter((page) => page.status === 'firing' && !isProved(page)));
  if (others) return `paged for ${others} as well`;
  const flapping = namesOf(paged.filter((page) => page.status === 'resolved' && isProved(page)));
  return flapping ? `${flapping} was taken back while the fault lasted` : undefined;
}

interface Course {
  begun: number;
  ended: number;
  limit: number;
  /** How many seconds it took to make the fault. */
  breaking: number;
  failure?: string;
}

/** From the fault to its end, and to the end of its alerts. */
async function playCourse(stage: Stage, scenario: Scenario, watched: Watched[]): Promise<Course> {
  const { limitSeconds: limit = DEFAULT_LIMIT_SECONDS, steadySeconds = 0 } = scenario;
  const stopTraffic = scenario.traffic ? await startTraffic(stage) : undefined;
  const begun = Date.now();
  let breaking = 0;
  const failure = await scenario
    .begin(stage)
    .then(() => {
      breaking = (Date.now() - begun) / MS;
    })
    .then(() => until(() => recordPages(stage, watched, begun), limit))
    .then(() => until(() => Date.now() >= begun + steadySeconds * MS, steadySeconds))
    .then(() => undefined, messageOf);
  const ended = Date.now();
  const endFailure = await scenario.end(stage).then(() => undefined, messageOf);
  await stopTraffic?.();
  await until(() => recordEnds(stage, watched, begun, ended), limit);
  await scenario.restore?.(stage);
  const said = failure ?? endFailure;
  return { begun, ended, limit, breaking, ...(said !== undefined && { failure: said }) };
}

/** Plays one scenario, and always ends its fault. */
export async function play(stage: Stage, scenario: Scenario): Promise<Proof[]> {
  const watched = await watchedOf(stage, scenario);
  await untilQuiet(stage, watched);
  const course = await playCourse(stage, scenario, watched);
  const { failure } = course;
  const others = scenario.steadySeconds ? unsteady(stage, scenario, course) : undefined;
  for (const one of watched) {
    const { proof } = one;
    proof.reason ??= failure ?? verdict(one, course) ?? others;
    if (proof.reason === undefined) delete proof.reason;
  }
  return watched.map(({ proof }) => proof);
}

/** The longest that a scenario can take, with the time its fault needs. */
export function limitMsOf({ limitSeconds = DEFAULT_LIMIT_SECONDS }: Scenario): number {
  return (QUIET_LIMIT_SECONDS + 2 * limitSeconds + FAULT_LIMIT_SECONDS) * MS;
}

/** Checks the alert that always fires: it has to be notified, and notified again. */
export async function proveWatchdog(stage: Stage, { fault }: Scenario): Promise<Proof> {
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
    fault,
    told: came ? [receiver!] : [],
    runbook: await hasRunbook(WATCHDOG.alert),
    secondsToPage: (Date.now() - begun) / MS,
    ...(!came && { reason: 'it did not come again' }),
  };
}
