/** Queries from events to workflows, and from workflows to events. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import type { AggregateTables } from './aggregateTables.ts';

const UNPROCESSED_LIMIT = 500;

export type StoredEvent = RowOf<typeof storedEvents>;

export interface WorkflowSummary {
  workflowId: string;
  workflowType: string | null;
  runIds: string[];
  correlationIds: string[];
  totalEvents: number;
  eventTypes: Record<string, number>;
  activities: string[];
  unprocessedEvents: number;
  firstEventAt: Date;
  lastEventAt: Date;
}

export interface EventPage {
  limit: number;
  /** Id of the last event of the previous page. */
  cursor?: string | undefined;
}

export interface PageOfEvents {
  events: StoredEvent[];
  /** Cursor of the next page; undefined on the last page. */
  next: string | undefined;
}

export type EventQueries = ReturnType<typeof createEventQueries>;

const storedEvents = (db: Database) =>
  db
    .selectFrom('domain_events as e')
    .select(({ cast }) => [
      'e.id',
      'e.event_type as eventType',
      'e.aggregate_type as aggregateType',
      'e.aggregate_id as aggregateId',
      cast<number>('e.stream_version', 'float8').as('streamVersion'),
      'e.event_data as eventData',
      'e.event_metadata as eventMetadata',
      'e.created_at as createdAt',
      'e.processed_at as processedAt',
    ])
    .orderBy('e.created_at')
    .orderBy('e.stream_version')
    .orderBy('e.id');

/** Runs the query for one page; all of it when there is no page. */
async function pageOf(
  query: ReturnType<typeof storedEvents>,
  page: EventPage | undefined,
): Promise<PageOfEvents> {
  if (!page) return { events: await query.execute(), next: undefined };
  const { cursor, limit } = page;
  const rest = cursor
    ? query.where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('e.created_at', 'e.stream_version', 'e.id'),
          '>',
          selectFrom('domain_events as last')
            .select(['last.created_at', 'last.stream_version', 'last.id'])
            .where('last.id', '=', cursor)
            .$asTuple('created_at', 'stream_version', 'id'),
        ),
      )
    : query;
  const rows = await rest.limit(limit + 1).execute();
  const events = rows.slice(0, limit);
  return { events, next: rows.length > limit ? events.at(-1)?.id : undefined };
}

const count = (values: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

/** The values without duplicates, in the order of first appearance. */
export const distinct = (values: (string | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

function summarize(workflowId: string, events: StoredEvent[]): WorkflowSummary {
  const metadata = events.map((event) => event.eventMetadata);
  return {
    workflowId,
    workflowType: metadata.find((m) => m.workflow_type)?.workflow_type ?? null,
    runIds: distinct(metadata.map((m) => m.workflow_run_id)),
    correlationIds: distinct(metadata.map((m) => m.correlation_id)),
    totalEvents: events.length,
    eventTypes: count(events.map((event) => event.eventType)),
    activities: distinct(metadata.map((m) => m.activity_id)),
    unprocessedEvents: events.filter((event) => event.processedAt === null).length,
    firstEventAt: events[0]!.createdAt,
    lastEventAt: events.at(-1)!.createdAt,
  };
}

export function createEventQueries(pool: Pool) {
  const db = typed(pool);

  const having = (key: 'workflow_id' | 'correlation_id', value: string) =>
    storedEvents(db).where(({ ref }) => ref('e.event_metadata', '->>').key(key), '=', value);

  const getEventsForWorkflow = (workflowId: string): Promise<StoredEvent[]> =>
    having('workflow_id', workflowId).execute();

  return {
    /** All events of a workflow, from all of its runs, oldest first. */
    getEventsForWorkflow,

    /** The same, page by page. */
    pageOfWorkflow: (workflowId: string, page: EventPage): Promise<PageOfEvents> =>
      pageOf(having('workflow_id', workflowId), page),

    getEventsByCorrelationId: (correlationId: string): Promise<StoredEvent[]> =>
      having('correlation_id', correlationId).execute(),

    /** Events that wait to be projected, by stream; at most 500. */
    getUnprocessedEvents: () =>
      db
        .selectFrom('domain_events')
        .select(({ cast, ref }) => [
          'id',
          'event_type as eventType',
          'aggregate_type as aggregateType',
          'aggregate_id as aggregateId',
          cast<number>('stream_version', 'float8').as('streamVersion'),
          'created_at as createdAt',
          ref('event_metadata', '->>').key('processing_error').$castTo<string | null>().as('error'),
        ])
        .where('processed_at', 'is', null)
        .orderBy('aggregate_type')
        .orderBy('aggregate_id')
        .orderBy('stream_version')
        .limit(UNPROCESSED_LIMIT)
        .execute(),

    /** Undefined when the workflow has no events. */
    async getWorkflowSummary(workflowId: string): Promise<WorkflowSummary | undefined> {
      const found = await getEventsForWorkflow(workflowId);
      return found.length > 0 ? summarize(workflowId, found) : undefined;
    },

    /**
     * Events of the organization's own stream and of the aggregates that belong to it.
     * @param aggregates the table of each other aggregate type. @param page all without one.
     */
    pageOfOrganization: (
      orgId: string,
      aggregates: AggregateTables,
      page?: EventPage,
    ): Promise<PageOfEvents> =>
      pageOf(
        storedEvents(db).where((eb) =>
          eb.or([
            eb('e.aggregate_type', '=', 'organization').and('e.aggregate_id', '=', orgId),
            ...Object.entries(aggregates).map(([type, { table, id }]) =>
              eb('e.aggregate_type', '=', type).and(
                'e.aggregate_id',
                'in',
                sql<string>`(SELECT ${sql.ref(id)} FROM ${sql.table(table)} WHERE org_id = ${orgId})`,
              ),
            ),
          ]),
        ),
        page,
      ),
  };
}
