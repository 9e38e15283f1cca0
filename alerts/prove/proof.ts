/** Plays a scenario, and waits for its pages and for their ends. */
import { access } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from '#dev/loopback/loopbackPager.ts';
import type { AlertDefinition } from '../src/alert.ts';
import { ALERTS, runbookUrl } from '../src/ruleFiles.ts';
import type { ProvedAlert, Scenario } from './scenario.ts';
import { activeAlerts, type Stage } from './stage.ts';

export interface Proof {
  alert: string;
  labels: Record<string, string>;
  fault: string;
  secondsToPage?: number;
  secondsToResolve?: number;
  receiver?: string;
  runbook: boolean;
  /** Why it is not proved. */
  reason?: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const POLL_MS = 100;
const MS = 1000;
const DEFAULT_LIMIT_SECONDS = 120;
/** After a scenario, what it raised may echo as long as its longest range. */
const QUIET_LIMIT_SECONDS = 180;

const hasLabels = (labels: Record<string, string>, wanted: Record<string, string> = {}) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

export function definitionOf({ alert, labels }: ProvedAlert): AlertDefinition {
  const found = ALERTS.find(
    (rule) => rule.name === alert && hasLabels({ severity: rule.severity, ...rule.labels }, labels),
  );
  if (!found) throw new Error(`there is no rule ${alert} ${JSON.stringify(labels ?? {})}`);
  return found;
}

/** Who is to hear of it, by alerts/alertmanager.yml. */
function receiverOf({ name, severity, team }: AlertDefinition): string {
  if (name === 'Watchdog') return 'deadman';
  if (severity === 'critical') return 'platform-pager';
  return team === 'onboarding' ? 'onboarding-email' : 'platform-slack';
}

const isAbout = (page: Page, proved: ProvedAlert): boolean =>
  page.labels.alertname === proved.alert && hasLabels(page.labels, proved.labels);

/** What is wrong with a page: labels by which it is routed, and the way to the runbook. */
function problemOf(page: Page, definition: AlertDefinition): string | undefined {
  const { severity, team, service, name } = definition;
  // A template is the job, which the page names beside it.
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
  proof: Proof;
}

async function watchedOf(scenario: Scenario): Promise<Watched[]> {
  return Promise.all(
    scenario.proves.map(async (proved) => {
      const definition = definitionOf(proved);
      const runbook = await hasRunbook(proved.alert);
      const proof: Proof = {
        alert: proved.alert,
        labels: proved.labels ?? {},
        fault: scenario.fault,
        runbook,
      };
      return { proved, definition, proof };
    }),
  );
}

/** The first page since `since` for which `matches` holds. */
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

/** Waits until none of them is pending or firing: a page has to come from this fault. */
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

function recordPages(stage: Stage, watched: Watched[], since: number): boolean {
  for (const { proved, definition, proof } of watched) {
    if (proof.secondsToPage !== undefined) continue;
    const receiver = receiverOf(definition);
    const page = pageSince(
      stage,
      since,
      (one) => one.status === 'firing' && one.receiver === receiver && isAbout(one, proved),
    );
    if (!page) continue;
    proof.secondsToPage = (page.receivedAt - since) / MS;
    proof.receiver = receiver;
    const problem = problemOf(page, definition);
    if (problem) proof.reason = problem;
  }
  return watched.every(({ proof }) => proof.secondsToPage !== undefined);
}

/** What was said last of each instance of an alert. */
function lastWords(stage: Stage, matches: (page: Page) => boolean): Page[] {
  const last = new Map<string, Page>();
  for (const page of stage.monitoring.pager.pages.filter(matches)) {
    last.set(JSON.stringify(Object.entries(page.labels).toSorted()), page);
  }
  return [...last.values()];
}

function recordEnds(stage: Stage, watched: Watched[], begun: number, ended: number): boolean {
  for (const { proved, proof } of watched) {
    if (proof.secondsToPage === undefined || proof.secondsToResolve !== undefined) continue;
    const paged = begun + proof.secondsToPage * MS;
    const last = lastWords(
      stage,
      (page) => page.receiver === proof.receiver && isAbout(page, proved),
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

function verdict(proof: Proof, limit: number): string | undefined {
  if (proof.secondsToPage === undefined) return `no page within ${limit} s`;
  if (proof.secondsToResolve === undefined) return `not resolved within ${limit} s`;
  return proof.runbook ? undefined : 'no runbook';
}

/** Plays one scenario to its end, whatever comes of it. */
export async function play(stage: Stage, scenario: Scenario): Promise<Proof[]> {
  const watched = await watchedOf(scenario);
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
  for (const { proof } of watched) {
    proof.reason ??= failure ?? endFailure ?? verdict(proof, limit);
    if (proof.reason === undefined) delete proof.reason;
  }
  return watched.map(({ proof }) => proof);
}

/** The one that always fires: it has to be there, and to come again. */
export async function proveWatchdog(stage: Stage): Promise<Proof> {
  const beats = () =>
    stage.monitoring.pager.pages.filter(
      ({ receiver, labels }) => receiver === 'deadman' && labels.alertname === 'Watchdog',
    );
  const begun = Date.now();
  const before = beats().length;
  const came = await until(() => beats().length > before, DEFAULT_LIMIT_SECONDS);
  return {
    alert: 'Watchdog',
    labels: {},
    fault: 'none: it says that pages arrive, and is missed when they do not',
    receiver: 'deadman',
    runbook: await hasRunbook('Watchdog'),
    secondsToPage: (Date.now() - begun) / MS,
    ...(!came && { reason: 'it did not come again' }),
  };
}
