/** `mixed`: what a frontend reads, bootstraps and invitations, by weight, side by side. */
import type { Options } from 'k6/options';
import { newId, read } from '../api.ts';
import { arriving, optionsOf } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import type { AcceptedRun, MixedWeights } from '../contracts.ts';
import { follow } from '../follow.ts';
import { INVITATIONS, invite } from '../invite.ts';
import { settings, tell } from '../settings.ts';

export { handleSummary } from '../summary.ts';

/** Number of organizations for reads and invitations. */
const ORGANIZATIONS = 3;
const ORGANIZATION = '/api/v1/organizations/{organizationId}';
const WORKFLOW = '/api/v1/workflows/{workflowId}';
/** Requests of an organization's pages. */
const READS: ((run: AcceptedRun) => unknown)[] = [
  ({ organizationId }) => read(ORGANIZATION, { organizationId }),
  ({ organizationId }) => read(INVITATIONS, { organizationId }, '?limit=50'),
  ({ organizationId }) => read(`${ORGANIZATION}/domains`, { organizationId }),
  ({ organizationId }) => read(`${ORGANIZATION}/sso`, { organizationId }),
  ({ workflowId }) => read(WORKFLOW, { workflowId }),
  ({ workflowId }) => read(`${WORKFLOW}/events`, { workflowId }),
];

const parts = Object.entries(settings.weights).filter(([, weight]) => weight > 0) as [
  keyof MixedWeights,
  number,
][];
const total = parts.reduce((sum, [, weight]) => sum + weight, 0);

export const options: Options = {
  ...optionsOf(
    Object.fromEntries(
      parts.map(([name, weight]) => [
        name,
        arriving((settings.rate * weight) / total, settings.durationSeconds, { exec: name }),
      ]),
    ),
    { metric: 'http_req_duration', names: parts.map(([name]) => name) },
  ),
  setupTimeout: `${settings.endLimitSeconds}s`,
};

/** Onboards the organizations that are read; their ends are checked later. */
export function setup(): AcceptedRun[] {
  const runs = Array.from({ length: ORGANIZATIONS }, bootstrap).filter((run) => run !== undefined);
  const deadline = Date.now() + settings.endLimitSeconds * 1000;
  for (const run of runs) follow(run, deadline);
  return runs;
}

const anyOf = <T>(list: T[]): T | undefined => list[Math.floor(Math.random() * list.length)];

export function reads(runs: AcceptedRun[]): void {
  const run = anyOf(runs);
  if (run) anyOf(READS)?.(run);
}

export function bootstraps(): void {
  bootstrap();
}

export function invitations(runs: AcceptedRun[]): void {
  const { organizationId = '' } = anyOf(runs) ?? {};
  const correlationId = newId();
  const invitationId = invite(organizationId, correlationId);
  if (invitationId) tell({ kind: 'invited', organizationId, invitationId, correlationId });
}
