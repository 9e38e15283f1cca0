/** What a run waits for, from the pending activities that Temporal describes. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import { rowOf } from './decision.ts';
import type { WaitDetails } from './failure.ts';
import { PATIENCE, type Waited, type WaitedKind } from './table.ts';

export interface WaitingFor {
  provider: Waited;
  kind: WaitedKind;
  /** In words for people. */
  reason: string;
  activity: string;
  /** Attempts so far. */
  attempts: number;
  /** All times are ISO 8601. */
  since: string;
  /** Null while an attempt is under way. */
  nextAttemptAt: string | null;
  /** When the run gives up; null when only its own end limits the wait. */
  until: string | null;
}

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** The details of the last failure; undefined when it has none, or those of another version. */
function detailsOf({ lastFailure }: Pending): WaitDetails | undefined {
  const [payload] = lastFailure?.applicationFailureInfo?.details?.payloads ?? [];
  if (!payload) return undefined;
  const details = defaultPayloadConverter.fromPayload<Partial<WaitDetails>>(payload);
  const kinds: object | undefined = PATIENCE[details?.provider as Waited];
  const isKnown = kinds && String(details.reason) in kinds && typeof details.since === 'string';
  return isKnown ? (details as WaitDetails) : undefined;
}

function waitOf(pending: Pending): WaitingFor | undefined {
  const details = detailsOf(pending);
  if (!details) return undefined;
  const { provider, reason: kind, since, until } = details;
  const row = rowOf({ provider, reason: kind });
  return {
    provider,
    kind,
    reason: row.does === 'wait' ? row.means : (pending.lastFailure?.message ?? ''),
    activity: pending.activityType?.name ?? '',
    attempts: pending.attempt ?? 0,
    since,
    nextAttemptAt: optionalTsToDate(pending.nextAttemptScheduleTime)?.toISOString() ?? null,
    until,
  };
}

/** The activity of a run that has waited longest for a next attempt; null when none waits. */
export function waitingForOf({ raw }: WorkflowExecutionDescription): WaitingFor | null {
  const waits = (raw.pendingActivities ?? []).flatMap((pending) => waitOf(pending) ?? []);
  return waits.toSorted((a, b) => a.since.localeCompare(b.since))[0] ?? null;
}
