/** Bootstraps, from the request to the deletion, and the routes for operators. */
import { check } from 'k6';
import { bodyOf, call, until } from '../api.ts';
import { organizationNamed, requestBootstrap } from '../bootstrap.ts';
import type { AcceptedRun } from '../contracts.ts';
import { follow, remove } from '../follow.ts';
import { settings, tell } from '../settings.ts';

const OPEN_PAGES = ['/health', '/ready', '/docs', '/docs/start.js', '/docs/swagger-ui.css'];

export function readDocs(): void {
  for (const route of OPEN_PAGES) call({ method: 'GET', route, isPublic: true, expect: [200] });
  // An installation may hide its metrics.
  const expect = settings.loopback ? [200] : [200, 401, 403, 404];
  call({ method: 'GET', route: '/metrics', isPublic: true, expect });
}

/** Bootstraps one organization and follows it to its end; sends the request twice. */
export function onboardOne(): AcceptedRun | undefined {
  const run = requestBootstrap();
  if (!run) return undefined;
  const again = call({
    method: 'POST',
    route: '/api/v1/workflows/organization-bootstrap',
    body: organizationNamed(run.correlationId),
    headers: { 'idempotency-key': run.correlationId },
    expect: [202],
  });
  check(again, {
    'a repeated request gets the first answer': (answer) =>
      bodyOf<AcceptedRun>(answer).workflowId === run.workflowId,
  });
  tell({ kind: 'accepted', ...run });
  tell({ kind: 'verified', ...follow(run, Date.now() + settings.endLimitSeconds * 1000) });
  return run;
}

/** Bootstraps another one by the administrators' route, and cancels it at once. */
export function cancelOne(): void {
  const run = requestBootstrap({ route: '/api/admin/organizations/bootstrap' });
  if (!run) return;
  const { workflowId } = run;
  // At once: on the embedded stack it can be cancelled during one second only.
  const route = '/api/v1/workflows/{workflowId}/cancel';
  call({ method: 'POST', route, with: { workflowId }, expect: [202] });
  call({
    method: 'POST',
    route: '/api/v1/workflows/{workflowId}/signals/{signal}',
    with: { workflowId, signal: 'retry-dns' },
    // The run waits for no decision, and the response says so.
    expect: [409],
  });
  until('a cancelled run undoes what it did and ends', settings.endLimitSeconds, () =>
    statusIs(run, 'cancelled'),
  );
}

/** Asks for a canary with a name that is none of a canary's: that it is refused is enough. */
export function refuseCanary(): void {
  call({
    method: 'POST',
    route: '/api/v1/workflows/canary-bootstrap',
    body: organizationNamed('no-canary'),
    expect: [400],
  });
}

function statusIs({ workflowId }: Pick<AcceptedRun, 'workflowId'>, wanted: string) {
  const route = '/api/v1/workflows/{workflowId}';
  const answer = call({ method: 'GET', route, with: { workflowId }, expect: [200] });
  return bodyOf<{ status?: string }>(answer).status === wanted || undefined;
}

/** Deletes the organization and everything that belongs to it. */
export function deleteOne(run: AcceptedRun): void {
  const { workflowId = '' } = remove(run);
  until('a deletion completes', settings.endLimitSeconds, () =>
    statusIs({ workflowId }, 'completed'),
  );
}
