/**
 * The list of families. Worker, API, reconciler, metrics, OpenAPI and tools read it: what is
 * missing here does not exist.
 */
import { deletionFamily } from '#deletion/family.ts';
import { domainClaimFamily } from '#domainClaim/family.ts';
import { invitationFamily } from '#invitation/family.ts';
import type { AggregateTables } from '#kernel/eventStore/aggregateTables.ts';
import type { EventDefinition } from '#kernel/eventStore/eventTypes.ts';
import type { Family } from '#kernel/family.ts';
import type {
  ScheduleDefinition,
  WorkflowDefinition,
} from '#kernel/temporal/workflowDefinition.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';
import { onboardingFamily } from '#onboarding/family.ts';
import { organizationFamily } from '#organization/family.ts';
import { ssoFamily } from '#sso/family.ts';

export const FAMILIES = [
  organizationFamily,
  onboardingFamily,
  deletionFamily,
  invitationFamily,
  domainClaimFamily,
  ssoFamily,
] as const;

/** The parts of all families as one: `A | B` becomes `A & B`. */
export type Merged<U> = (U extends unknown ? (of: U) => void : never) extends (of: infer I) => void
  ? I
  : never;
type EventsOfFamilies = Merged<(typeof FAMILIES)[number]['events']>;

const all: readonly Family[] = FAMILIES;

/** Every workflow that is somebody's run. */
export const WORKFLOWS: readonly WorkflowDefinition[] = all.flatMap(({ workflows }) => workflows);

/** Rounds that a Temporal schedule starts; they are nobody's run. */
export const SCHEDULES: readonly ScheduleDefinition[] = all.flatMap(
  ({ schedules = [] }) => schedules,
);

/** Every event type of every family. */
export const EVENTS = Object.assign({}, ...all.map(({ events }) => events)) as EventsOfFamilies;

/** Types of all aggregates, each once. */
export const AGGREGATES: readonly string[] = [
  ...new Set(Object.values<EventDefinition>(EVENTS).map(({ aggregate }) => aggregate)),
];

/** Where the aggregates of all families belong to an organization. */
export const AGGREGATE_TABLES: AggregateTables = Object.assign(
  {},
  ...all.map(({ aggregates }) => aggregates),
);

/** Names of the search attributes that the namespace must have, each a Keyword. */
export const SEARCH_ATTRIBUTES: readonly string[] = [
  ...Object.values(SEARCH_ATTRIBUTE),
  ...all.flatMap(({ searchAttributes = [] }) => searchAttributes),
];
