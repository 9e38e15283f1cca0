/** Onboards the canary's organization by the API's own door, and looks whether all of it is true. */
import { setTimeout as delay } from 'node:timers/promises';
import { boundedText } from '#kernel/outbound/boundedBody.ts';
import type { Caller } from './caller.ts';
import { CanaryFailure } from './failure.ts';
import type { CanaryConfig } from './settings.ts';
import type { CanaryRun } from './store.ts';

const PATH = '/api/v1/workflows/canary-bootstrap';
const POLL_MS = 5_000;
/** How often it looks at least within its time limit. */
const LOOKS = 60;
const MAILBOX_LIMIT_MS = 20_000;
const MAX_MAILBOX_BYTES = 5_000_000;
const ACCEPTED = 202;
const OK = 200;
const TOO_MANY = 429;

export interface CanaryWork {
  config: CanaryConfig;
  caller: Caller;
  run: CanaryRun;
  /** Aborts when this process has to stop, or is not the one that does it any more. */
  stopping: AbortSignal;
  /** The time at which it gives up, as `performance.now()` counts. */
  until: number;
}

/** No answer, or one that says to come again: as a caller does, it asks again. */
const isForNow = (status: number): boolean => status === 0 || status === TOO_MANY || status >= 500;

/**
 * Asks again and again until there is an answer.
 * @returns undefined when the time is over.
 */
export async function asked<T>(
  { config, stopping, until }: Pick<CanaryWork, 'config' | 'stopping' | 'until'>,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const pauseMs = Math.min(POLL_MS, config.CANARY_LIMIT_MS / LOOKS);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() + pauseMs > until) return undefined;
    await delay(pauseMs, undefined, { signal: stopping });
  }
}

async function must<T>(work: CanaryWork, late: string, ask: () => Promise<T | undefined>) {
  const answer = await asked(work, ask);
  if (answer === undefined) throw new CanaryFailure(late);
  return answer;
}

/** The name of the organization, which its mail contains. */
const nameOf = ({ subdomain }: CanaryRun): string => `Canary ${subdomain}`;

function requestOf({ config, caller, run }: CanaryWork) {
  const [role] = config.GRANTABLE_ROLES.keys();
  return {
    subdomain: run.subdomain,
    orgData: {
      name: nameOf(run),
      type: 'provider',
      ...(caller.homeId && { parentOrgId: caller.homeId }),
    },
    users: [{ email: config.CANARY_EMAIL, firstName: 'Canary', lastName: 'Bird', role }],
  };
}

/** The same request gets the same answer: one that was interrupted goes on. */
const request = (work: CanaryWork) =>
  must(work, 'request', async () => {
    const { status, body, code } = await work.caller.call('POST', PATH, {
      body: requestOf(work),
      headers: { 'idempotency-key': work.run.id },
    });
    if (isForNow(status)) return undefined;
    if (status !== ACCEPTED) throw new CanaryFailure(`request-${code}`);
    return { workflowId: String(body.workflowId), organizationId: String(body.organizationId) };
  });

const runEnded = (work: CanaryWork, workflowId: string) =>
  must(work, 'run', async () => {
    const { status, body, code } = await work.caller.call('GET', `/api/v1/workflows/${workflowId}`);
    if (isForNow(status)) return undefined;
    if (status !== OK) throw new CanaryFailure(`run-${code}`);
    if (body.waitingForPerson) throw new CanaryFailure('dns-not-verified');
    return body.status === 'running' ? undefined : body;
  });

/** @throws CanaryFailure unless name, mail and organization are as they should be. */
async function requireOnboarded(work: CanaryWork, organizationId: string): Promise<void> {
  const { body } = await must(work, 'organization', async () => {
    const path = `/api/v1/organizations/${organizationId}`;
    const answer = await work.caller.call('GET', path);
    return isForNow(answer.status) ? undefined : answer;
  });
  if (body.status !== 'active') throw new CanaryFailure('not-active');
  if (body.subdomainStatus !== 'verified') throw new CanaryFailure('dns-not-verified');
  // Counted as a customer, it would spoil the figures.
  if (body.kind !== 'canary') throw new CanaryFailure('not-marked');
}

/** Looks for the mail, where there is something to look in. */
async function requireMail(work: CanaryWork): Promise<void> {
  const { CANARY_MAILBOX_URL, CANARY_MAILBOX_TOKEN } = work.config;
  if (!CANARY_MAILBOX_URL) return;
  await must(work, 'mail-not-arrived', async () => {
    try {
      const answer = await fetch(CANARY_MAILBOX_URL, {
        ...(CANARY_MAILBOX_TOKEN && {
          headers: { authorization: `Bearer ${CANARY_MAILBOX_TOKEN}` },
        }),
        redirect: 'manual',
        signal: AbortSignal.any([work.stopping, AbortSignal.timeout(MAILBOX_LIMIT_MS)]),
      });
      const text = await boundedText(answer.body, MAX_MAILBOX_BYTES);
      return answer.ok && text?.includes(work.run.subdomain) ? true : undefined;
    } catch {
      work.stopping.throwIfAborted();
      return undefined;
    }
  });
}

/** @throws CanaryFailure with what was not as it should be. */
export async function onboard(work: CanaryWork): Promise<void> {
  const { workflowId, organizationId } = await request(work);
  const ended = await runEnded(work, workflowId);
  if (ended.status !== 'completed') throw new CanaryFailure(`run-${String(ended.status)}`);
  if (ended.invitationsSent !== 1) throw new CanaryFailure('mail-not-sent');
  await requireOnboarded(work, organizationId);
  await requireMail(work);
}
