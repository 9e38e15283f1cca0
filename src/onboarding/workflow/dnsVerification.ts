/** Waits for DNS: repeats lookups until a quorum of resolvers agrees, then asks a person. */
import {
  ApplicationFailure,
  condition,
  defineSignal,
  log,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { pauseAfter } from '#kernel/workflow/dnsCheck.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import type { StepInput } from '#kernel/workflow/names.ts';
import { ONBOARDING_FAILURE } from '#onboarding/rules.ts';
import type { BootstrapTiming } from '../contract/timing.ts';
import { type BootstrapState, SIGNAL } from '../contract.ts';
import type { Proxies } from '../proxies.ts';

type Decision = 'retry' | 'skip' | 'abort';

const DECISIONS: Record<Decision, ReturnType<typeof defineSignal>> = {
  retry: defineSignal(SIGNAL.retryDnsVerification),
  skip: defineSignal(SIGNAL.skipDnsVerification),
  abort: defineSignal(SIGNAL.abort),
};

interface Verification {
  fqdn: string;
  input: StepInput;
  activities: Proxies;
  timing: BootstrapTiming;
  progress: { state: Pick<BootstrapState, 'dns' | 'errors'> };
  /** The person's latest decision. A decision that arrives before the question is discarded. */
  decision?: Decision | undefined;
}

/**
 * Verifies the domain, in as many rounds as a person requests.
 * @throws ApplicationFailure DnsVerificationAborted, or DnsVerificationTimedOut when there is no
 *   decision within `timing.personWaitMs`.
 */
export async function verifyDns(verification: Omit<Verification, 'decision'>): Promise<void> {
  const run: Verification = { ...verification };
  for (const [decision, signal] of Object.entries(DECISIONS)) {
    setHandler(signal, () => {
      if (run.progress.state.dns.waitingForPerson) run.decision = decision as Decision;
      else log.warn('signal ignored: the run does not wait for a person', { decision });
    });
  }
  for (let round = 1; !(await lookUntilLimit(run)); round++) {
    const decision = await askPerson(run, round);
    if (decision === 'skip') return skip(run);
    if (decision === 'abort') {
      throw ApplicationFailure.nonRetryable(
        'DNS verification was aborted by a person',
        ONBOARDING_FAILURE.dnsVerificationAborted,
      );
    }
  }
}

/** Repeats lookups with pauses; false when the time limit is reached. */
async function lookUntilLimit(run: Verification): Promise<boolean> {
  const { dns } = run.progress.state;
  const deadline = Date.now() + run.timing.verificationLimitMs;
  for (let attempt = 1; ; attempt++) {
    dns.attempts++;
    dns.lastCheck = await run.activities.dns.verifyDNSActivity({
      ...run.input,
      fqdn: run.fqdn,
      attempt: dns.attempts,
    });
    if (dns.lastCheck.verified) return true;
    const pause = pauseAfter(attempt, run.timing.verificationBackoffMs);
    if (Date.now() + pause >= deadline) return false;
    await sleep(pause);
  }
}

/** Notifies support, and waits for one of the three signals. */
async function askPerson(run: Verification, round: number): Promise<Decision> {
  const { dns, errors } = run.progress.state;
  run.decision = undefined;
  dns.waitingForPerson = true;
  const report = { ...run.input, fqdn: run.fqdn, attempts: dns.attempts, round };
  await run.activities.store.reportDNSTimeoutActivity(report);
  try {
    await run.activities.mail.notifySupportActivity(report);
  } catch (error) {
    throwMistake(error);
    // The event exists and alerts the people on call, so a lost mail must not fail the run.
    log.error('support could not be notified by e-mail', { error: String(error) });
    errors.push('support could not be notified by e-mail');
  }
  await condition(() => run.decision !== undefined, run.timing.personWaitMs);
  dns.waitingForPerson = false;
  if (run.decision) return run.decision;
  throw ApplicationFailure.nonRetryable(
    'DNS was not verified and nobody decided in time',
    ONBOARDING_FAILURE.dnsVerificationTimedOut,
  );
}

async function skip(run: Verification): Promise<void> {
  const { attempts } = run.progress.state.dns;
  await run.activities.store.skipDNSVerificationActivity({
    ...run.input,
    fqdn: run.fqdn,
    attempts,
  });
}
