/** `npm run dev`: stack, API and worker, until Ctrl-C. */
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CALLER } from '#dev/demo/sampleOrganization.ts';
import { presentPrometheusTools } from '#dev/tools/prometheusTools.ts';
import { withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { createBreakable } from './breakable.ts';
import { ownerPool } from './connections.ts';
import { startControlPort } from './controlPort.ts';
import { committedRuleFiles, type Monitoring, startMonitoring, targetsOf } from './monitoring.ts';
import { addressesOf, type Platform, startPlatform } from './platform.ts';
import { createRoles, type RoleName, type RoleProcess } from './processes.ts';
import { createReleasers } from './releasers.ts';
import { duration, labelled, styled } from './terminal.ts';

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const USAGE = `usage: npm run dev

Starts PostgreSQL, Temporal, DNS, Cloudflare, SMTP and Supabase Auth on this machine, API and
worker on them, and Prometheus and Alertmanager where there are any, and stays until Ctrl-C.
All data is gone afterwards. Several can run at once.

TEMPORAL_CLI names the Temporal CLI to use; one is looked for, or installed, otherwise.
`;

function parse(args: string[]) {
  return withUsage(USAGE, () => parseArgs({ args, options: { help: { type: 'boolean' } } }).values);
}

/** Starts Prometheus and Alertmanager when they are installed; the platform works without them. */
async function startMonitoringOf({ stack }: Platform): Promise<Monitoring | undefined> {
  const tools = await presentPrometheusTools(CACHE);
  if (!tools) return undefined;
  const { folder, reaper, env } = stack;
  const ruleFiles = await committedRuleFiles();
  const targets = targetsOf(env);
  return startMonitoring({ tools, folder, reaper, targets, ruleFiles, scrapeSeconds: 5 });
}

const NO_MONITORING =
  'none on PATH or in the cache; `npm run check -- alerts` unpacks both into the cache';

/** Addresses that a person may want to open, with those of the monitoring. */
function openAddresses(platform: Platform, monitoring?: Monitoring): [string, string][] {
  const monitored: [string, string][] = monitoring
    ? [
        ['Prometheus', monitoring.prometheusUrl],
        ['Alertmanager', monitoring.alertmanagerUrl],
        ['Pages', monitoring.pager.url],
      ]
    : [['Prometheus', NO_MONITORING]];
  return [...addressesOf(platform), ...monitored];
}

/** What `npm run gameday` breaks the stack through. */
async function startControl({ stack, processes, roles }: Platform, addresses: [string, string][]) {
  const owner = ownerPool(stack.env);
  const running = new Map(Object.entries(roles) as [RoleName, RoleProcess][]);
  const breakable = createBreakable({ stack, owner, roles: createRoles(processes, running) });
  const environment = stack.env.DEPLOYMENT_ENVIRONMENT!;
  const port = await startControlPort(breakable, stack.folder, { environment, addresses });
  return {
    async stop() {
      await port.stop();
      await owner.end();
    },
  };
}

async function printAddresses({ stack }: Platform, addresses: [string, string][]): Promise<void> {
  console.log();
  for (const [name, address] of addresses) console.log(labelled(name, address));
  const token = await stack.supabase.issueToken(CALLER);
  console.log(`\nA token for the API, valid for an hour:\n\n${token}`);
  console.log(
    `\nnpm run gameday breaks it, for practice. ${styled('bold', 'Ctrl-C ends everything.')}`,
  );
}

export async function runDev(args: string[]): Promise<void> {
  if (parse(args).help) {
    console.log(USAGE);
    return;
  }
  const stopping = stopRequest({
    onRequest: () => console.log('\nstopping; Ctrl-C again ends at once'),
  });
  const onStarted = (part: string, ms: number) => console.log(labelled(part, duration(ms)));
  try {
    const options = { log: console.log, onStarted, tightDisk: true };
    const platform = await startPlatform(options, stopping);
    const releasers = createReleasers();
    releasers.push(platform.stop);
    try {
      const monitoring = await startMonitoringOf(platform);
      if (monitoring) releasers.push(monitoring.stop);
      const open = openAddresses(platform, monitoring);
      releasers.push((await startControl(platform, open)).stop);
      await printAddresses(platform, open);
      if (!stopping.aborted) await once(stopping, 'abort');
    } finally {
      await releasers.releaseAll();
    }
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}
