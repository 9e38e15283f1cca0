/** The stage on which alerts are proved: the embedded stack with its roles, and real monitoring. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type ApiClient, createApiClient } from '#dev/demo/apiClient.ts';
import { CALLER } from '#dev/demo/sampleOrganization.ts';
import {
  type Breakable,
  createBreakable,
  type StartedOnboarding,
} from '#dev/embedded/breakable.ts';
import { ownerPool } from '#dev/embedded/connections.ts';
import { type Monitoring, startMonitoring, targetsOf } from '#dev/embedded/monitoring.ts';
import { createProcesses, createRoles, type RoleName } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import type { LoopbackEdge } from '#dev/loopback/loopbackEdge.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { cachedWorkflowBundle } from '#kernel/temporal/workflowBundle.ts';
import { ruleFiles } from '../src/ruleFiles.ts';
import { createTimeScale } from '../src/timeScale.ts';
import { startSurroundings } from './surroundings.ts';

/** One minute of a rule becomes one second, and so does one minute of a route's wait. */
export const FACTOR = 60;
const SCRAPE_SECONDS = 1;
const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const STEADY_LIMIT_MS = 120_000;
/** Longer than the time until the end of an alert is notified. */
const STEADY_ROUNDS = 8;
const ROUND_MS = 1_000;
/** One evaluation per scrape interval, which takes seconds in production. */
const FAST_CHECKS = {
  HEALTH_INTERVAL_SECONDS: '1',
  RECONCILE_INTERVAL_SECONDS: '1',
  DEPENDENCY_CHECK_INTERVAL_SECONDS: '1',
  PROVIDER_CHECK_INTERVAL_SECONDS: '1',
};

export interface Stage {
  stack: Stack;
  monitoring: Monitoring;
  /** Path of amtool, which evaluates the routes. */
  amtool: string;
  /** Connection string of the database's owner. */
  owner: pg.Pool;
  api: ApiClient;
  apiUrl: string;
  token: string;
  pidOf(role: RoleName): number;
  /** The faults that a game day has, too. */
  breakable: Breakable;
  /** TLS before the API. */
  edge: LoopbackEdge;
  kill(role: RoleName): Promise<void>;
  /** Stops a role if it runs, and starts it with the stack's settings and these. */
  restart(role: RoleName, settings?: Record<string, string>): Promise<void>;
  /** Requests this number of onboardings, one after the other. */
  onboard(count: number): Promise<StartedOnboarding[]>;
  stop(): Promise<void>;
}

async function writeRules(folder: string): Promise<string[]> {
  const rules = path.join(folder, 'rules');
  await mkdir(rules);
  const files = [...ruleFiles(createTimeScale(FACTOR))].map(([name, content]) => ({
    file: path.join(rules, name),
    content,
  }));
  for (const { file, content } of files) await writeFile(file, content);
  return files.map(({ file }) => file);
}

interface ActiveAlert {
  state: 'pending' | 'firing';
  labels: Record<string, string>;
}

/** Alerts that Prometheus reports as pending or firing. */
export async function activeAlerts(monitoring: Monitoring): Promise<ActiveAlert[]> {
  const response = await fetch(`${monitoring.prometheusUrl}/api/v1/alerts`);
  return ((await response.json()) as { data: { alerts: ActiveAlert[] } }).data.alerts;
}

/**
 * Waits until both targets are scraped and alerts about their absence are resolved and notified.
 */
async function untilSteady(monitoring: Monitoring): Promise<void> {
  const deadline = Date.now() + STEADY_LIMIT_MS;
  for (let quietRounds = 0; quietRounds < STEADY_ROUNDS; ) {
    await delay(ROUND_MS);
    const names = (await activeAlerts(monitoring)).map(({ labels }) => labels.alertname);
    const isSteady = names.includes('Watchdog') && names.length === 1;
    quietRounds = isSteady ? quietRounds + 1 : 0;
    if (Date.now() > deadline) throw new Error(`without a fault there are alerts: ${names}`);
  }
}

/** What stages share, and what two that start at once would both make. */
export async function prepareStages(log: (line: string) => void): Promise<void> {
  await resolvePrometheusTools({ cacheFolder: CACHE, log });
  await cachedWorkflowBundle(CACHE);
}

export async function startStage(log: (line: string) => void): Promise<Stage> {
  const tools = await resolvePrometheusTools({ cacheFolder: CACHE, log });
  const releasers = createReleasers();
  try {
    const stack = await startStack({ log, tightDisk: true });
    releasers.push(stack.stop);
    const owner = ownerPool(stack.env);
    releasers.push(() => owner.end());
    const processes = createProcesses(stack);
    releasers.push(processes.stop);
    const roles = createRoles(processes, undefined, FAST_CHECKS);
    await roles.restart('api');
    await roles.restart('worker');
    const breakable = createBreakable({ stack, owner, roles });
    const surroundings = await startSurroundings(stack, log);
    releasers.push(surroundings.stop);
    const monitoring = await startMonitoring({
      tools,
      scrapes: surroundings.scrapes,
      folder: stack.folder,
      reaper: stack.reaper,
      targets: targetsOf(stack.env),
      ruleFiles: await writeRules(stack.folder),
      scrapeSeconds: SCRAPE_SECONDS,
      factor: FACTOR,
    });
    releasers.push(monitoring.stop);
    await untilSteady(monitoring);
    const apiUrl = `http://127.0.0.1:${stack.env.PORT}`;
    const token = await stack.supabase.issueToken(CALLER);
    const api = createApiClient(apiUrl, token);
    return {
      stack,
      monitoring,
      amtool: tools.amtool,
      owner,
      api,
      apiUrl,
      token,
      breakable,
      edge: surroundings.edge,
      pidOf: (role) => roles.running.get(role)!.pid,
      kill: (role) => roles.running.get(role)!.stop('SIGKILL'),
      restart: roles.restart,
      async onboard(count) {
        const started: StartedOnboarding[] = [];
        for (let i = 0; i < count; i++) started.push(await breakable.onboard());
        return started;
      },
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
