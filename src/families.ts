/**
 * The list of families, which worker, API, reconciler, metrics, OpenAPI and tools are made from.
 */
import { canaryFamily } from '#canary/family.ts';
import { deletionFamily } from '#deletion/family.ts';
import { domainClaimFamily } from '#domainClaim/family.ts';
import { invitationFamily } from '#invitation/family.ts';
import type { AggregateTables } from '#kernel/eventStore/aggregateTables.ts';
import type { EventDefinition } from '#kernel/eventStore/eventTypes.ts';
import type { ReadRules } from '#kernel/eventStore/readRules.ts';
import type { Family } from '#kernel/family.ts';
import type {
  ScheduleDefinition,
  WorkflowDefinition,
} from '#kernel/temporal/workflowDefinition.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';
import { membershipFamily } from '#membership/family.ts';
import { onboardingFamily } from '#onboarding/family.ts';
import { organizationFamily } from '#organization/family.ts';
import { ssoFamily } from '#sso/family.ts';

export const FAMILIES = [
  organizationFamily,
  onboardingFamily,
  deletionFamily,
  invitationFamily,
  membershipFamily,
  domainClaimFamily,
  ssoFamily,
  canaryFamily,
] as const;

/** Merges the parts of all families: a union of types becomes their intersection. */
export type Merged<U> = (U extends unknown ? (of: U) => void : never) extends (of: infer I) => void
  ? I
  : never;
type EventsOfFamilies = Merged<(typeof FAMILIES)[number]['events']>;

const all: readonly Family[] = FAMILIES;

/** Every workflow that is started for one organization or person. */
export const WORKFLOWS: readonly WorkflowDefinition[] = all.flatMap(({ workflows }) => workflows);

/** Workflows that a Temporal schedule starts; they work on all organizations at once. */
export const SCHEDULES: readonly ScheduleDefinition[] = all.flatMap(
  ({ schedules = [] }) => schedules,
);

/** Every event type of every family. */
export const EVENTS = Object.assign({}, ...all.map(({ events }) => events)) as EventsOfFamilies;

/** Types of all aggregates, without duplicates. */
export const AGGREGATES: readonly string[] = [
  ...new Set(Object.values<EventDefinition>(EVENTS).map(({ aggregate }) => aggregate)),
];

/** The table of each aggregate that belongs to an organization. */
export const AGGREGATE_TABLES: AggregateTables = Object.assign(
  {},
  ...all.map(({ aggregates }) => aggregates),
);

/** Which data of events need a permission to be read. */
export const READ_RULES: ReadRules = {
  aggregates: AGGREGATE_TABLES,
  fields: Object.assign({}, ...all.map(({ protectedFields = {} }) => protectedFields)),
};

/** Names of the search attributes that the namespace must have, all of type Keyword. */
export const SEARCH_ATTRIBUTES: readonly string[] = [
  ...Object.values(SEARCH_ATTRIBUTE),
  ...all.flatMap(({ searchAttributes = [] }) => searchAttributes),
];
