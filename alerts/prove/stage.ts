/** The stage on which alerts are proved: the embedded stack with its roles, and real monitoring. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type ApiClient, createApiClient } from '#dev/demo/apiClient.ts';
import { CALLER, sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import { ownerPool } from '#dev/embedded/connections.ts';
import { type Monitoring, startMonitoring, targetsOf } from '#dev/embedded/monitoring.ts';
import { createProcesses, type RoleName, type RoleProcess } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { ruleFiles } from '../src/ruleFiles.ts';
import { createTimeScale } from '../src/timeScale.ts';

/** One minute of a rule becomes one second, and so does one minute of a route's wait. */
export const FACTOR = 60;
const SCRAPE_SECONDS = 1;
const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const STEADY_LIMIT_MS = 120_000;
/** Longer than the time until the end of an alert is notified. */
const STEADY_ROUNDS = 8;
const ROUND_MS = 1_000;
const START_PATH = '/api/v1/workflows/organization-bootstrap';
/** One evaluation per scrape interval, which takes seconds in production. */
const FAST_CHECKS = { HEALTH_INTERVAL_SECONDS: '1', RECONCILE_INTERVAL_SECONDS: '1' };

export interface StartedOnboarding {
  organizationId: string;
  workflowId: string;
}

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

/** The roles; their settings may change between two starts. */
function createRoles(stack: Stack) {
  const env = { ...stack.env };
  const processes = createProcesses({ ...stack, env });
  const running = new Map<RoleName, RoleProcess>();
  return {
    running,
    stop: processes.stop,
    async restart(role: RoleName, settings: Record<string, string> = {}) {
      await running.get(role)?.stop();
      for (const name of Object.keys(env)) if (!(name in stack.env)) delete env[name];
      Object.assign(env, stack.env, FAST_CHECKS, settings);
      running.set(role, await processes.start(role));
    },
  };
}

export async function startStage(log: (line: string) => void): Promise<Stage> {
  const tools = await resolvePrometheusTools({ cacheFolder: CACHE, log });
  const releasers = createReleasers();
  try {
    const stack = await startStack({ log });
    releasers.push(stack.stop);
    const owner = ownerPool(stack.env);
    releasers.push(() => owner.end());
    const roles = createRoles(stack);
    releasers.push(roles.stop);
    await roles.restart('api');
    await roles.restart('worker');
    const monitoring = await startMonitoring({
      tools,
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
      pidOf: (role) => roles.running.get(role)!.pid,
      kill: (role) => roles.running.get(role)!.stop('SIGKILL'),
      restart: roles.restart,
      async onboard(count) {
        const started: StartedOnboarding[] = [];
        for (let i = 0; i < count; i++) {
          started.push(await api.post<StartedOnboarding>(START_PATH, sampleOrganization()));
        }
        return started;
      },
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
