/**
 * `npm run demo`: starts the platform, onboards a sample organization, prints the result, stops.
 */
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { tailOf } from '#dev/embedded/logTail.ts';
import { type Platform, startPlatform } from '#dev/embedded/platform.ts';
import { withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { createApiClient } from './apiClient.ts';
import { showFull } from './demoFull.ts';
import { SHORT_INVITATIONS } from './demoInvitations.ts';
import {
  type Accepted,
  createJsonOutput,
  createTextOutput,
  type DemoOutput,
} from './demoOutput.ts';
import { problemsOf, summaryOf } from './demoSummary.ts';
import { followRun } from './followRun.ts';
import { CALLER, sampleOrganization } from './sampleOrganization.ts';

const USAGE = `usage: npm run demo [-- options]

Starts PostgreSQL, Temporal, DNS, Cloudflare, SMTP and Supabase Auth on this machine, and API
and worker on them; bootstraps a sample provider organization with three users over HTTP, prints
each step as it ends and what is there afterwards, and ends everything. Exits 1 with the reason
when anything is not as it has to be.

  --full   then go on with its people: one invitation is accepted, one expires, a domain is
           proved in DNS, single sign-on is configured and tested by a real login
  --keep   stay up afterwards, until Ctrl-C
  --json   print one JSON document instead
  --help
`;

const OPTIONS = {
  full: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const RUN_LIMIT_MS = 120_000;
const FAILED = 1;
const INTERRUPTED = 130;

function parse(args: string[]) {
  return withUsage(USAGE, () => parseArgs({ args, options: OPTIONS }).values);
}

interface Wishes {
  full: boolean;
  keep: boolean;
}

/** Runs one bootstrap through the HTTP API. @throws Error with the reason when it fails. */
async function demonstrate(
  platform: Platform,
  output: DemoOutput,
  signal: AbortSignal,
  full: boolean,
) {
  const { stack, apiUrl } = platform;
  const readyMs = performance.now();
  const api = createApiClient(apiUrl, await stack.supabase.issueToken(CALLER));
  const body = sampleOrganization();
  const requestedAt = Date.now();
  const accepted = await api.post<Accepted>('/api/v1/workflows/organization-bootstrap', body);
  const times = { requestedAt, acceptedAt: Date.now() };
  output.requested(platform, body, accepted);
  const options = { limitMs: RUN_LIMIT_MS, signal, onStep: output.step };
  await followRun(api, accepted.workflowId, times, options);
  const activeMs = performance.now();
  const summary = await summaryOf(api, stack, accepted.organizationId);
  const { correlationId } = accepted;
  const problems = problemsOf(summary, { correlationId, users: body.users.length });
  if (problems.length > 0) throw new Error(problems.join('; '));
  const bootstrapMs = Date.now() - requestedAt;
  output.result(summary);
  const { organization } = summary.lineage;
  const left = full ? await showFull(platform, output, organization, signal) : summary;
  output.ended(platform, left, accepted, { readyMs, activeMs, bootstrapMs });
}

/** The last log lines of each role. The log files are removed together with the stack. */
const logTails = async ({ stack }: Platform): Promise<string> =>
  (
    await Promise.all(
      ['api', 'worker'].map(
        async (role) => `\n\n${role}: ${await tailOf(path.join(stack.folder, `${role}.log`))}`,
      ),
    )
  ).join('');

/**
 * Runs the demonstration on a running platform.
 * @throws Error with the reason and the last log lines of the roles.
 */
async function show(
  platform: Platform,
  output: DemoOutput,
  stopping: AbortSignal,
  { full, keep }: Wishes,
) {
  try {
    await demonstrate(platform, output, stopping, full);
  } catch (error) {
    if (stopping.aborted) throw error;
    throw new Error(`${(error as Error).message}${await logTails(platform)}`);
  }
  if (!keep) return;
  output.note('Ctrl-C ends everything.');
  if (!stopping.aborted) await once(stopping, 'abort');
}

/** @returns the exit code. */
async function run(output: DemoOutput, wishes: Wishes): Promise<number> {
  const stopping = stopRequest({
    onRequest: () => output.note('stopping; Ctrl-C again ends at once'),
  });
  try {
    const settings = wishes.full ? SHORT_INVITATIONS : {};
    const options = { log: output.note, onStarted: output.started, settings };
    const platform = await startPlatform(options, stopping);
    await show(platform, output, stopping, wishes).finally(platform.stop);
    return 0;
  } catch (error) {
    if (stopping.aborted) return INTERRUPTED;
    output.failed((error as Error).message);
    return FAILED;
  }
}

export async function runDemo(args: string[]): Promise<void> {
  const { help, json, ...wishes } = parse(args);
  if (help) {
    console.log(USAGE);
    return;
  }
  const output = json ? createJsonOutput() : createTextOutput({ stays: wishes.keep });
  process.exitCode = await run(output, wishes);
}
