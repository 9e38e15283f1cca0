/** Requests one bootstrap, and measures the time until its run has started. */
import { Trend } from 'k6/metrics';
import { bodyOf, type Call, call, newId } from './api.ts';
import { type AcceptedRun, METRIC } from './contracts.ts';
import { settings, tell } from './settings.ts';

/**
 * From sending the request to its 202, in milliseconds, without the time for a new connection. The
 * API answers 202 only once Temporal has confirmed the start: this is the time from submitting to
 * the start of the workflow that the objective of 150 ms is about, network included.
 */
const timeToWorkflowStart = new Trend(METRIC.timeToWorkflowStart, true);

const BOOTSTRAP_ROUTE = '/api/v1/workflows/organization-bootstrap';
const ACCEPTED = 202;

/** A different address for each name; all arrive in one mailbox. */
export function addressFor(name: string): string {
  const [local, domain] = settings.email.split('@');
  return `${local}+${name}@${domain}`;
}

export const person = (name: string) => ({
  email: addressFor(name),
  firstName: 'Load',
  lastName: 'Test',
  role: 'provider_admin',
});

/** A provider with one user, as the frontend sends it. */
export const organizationNamed = (name: string) => ({
  subdomain: name,
  orgData: {
    name: `Load test ${name}`,
    type: 'provider',
    contacts: [
      {
        firstName: 'Load',
        lastName: 'Test',
        email: addressFor(name),
        type: 'administrative',
        label: 'Main contact',
      },
    ],
  },
  users: [person(name)],
});

/**
 * Requests a bootstrap. @returns undefined when it was not accepted, which a check reports.
 * @param change fields of the request that differ from the default.
 */
export function requestBootstrap(change: Partial<Call> = {}): AcceptedRun | undefined {
  const name = newId();
  const answer = call({
    method: 'POST',
    route: BOOTSTRAP_ROUTE,
    body: organizationNamed(name),
    headers: { 'idempotency-key': name },
    correlationId: name,
    expect: [ACCEPTED],
    ...change,
  });
  if (answer.status !== ACCEPTED) return undefined;
  const answeredInMs = answer.timings.duration;
  timeToWorkflowStart.add(answeredInMs);
  const { workflowId, organizationId } = bodyOf<AcceptedRun>(answer);
  return { workflowId, organizationId, correlationId: name, answeredInMs };
}

/** Requests a bootstrap, and tells the runner to check its end after the load. */
export function bootstrap(): AcceptedRun | undefined {
  const accepted = requestBootstrap();
  if (accepted) tell({ kind: 'accepted', ...accepted });
  return accepted;
}
