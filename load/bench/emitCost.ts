/** Appending and projecting an event, compared with a bare INSERT of the same row. */

import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createPool } from '#kernel/database/pool.ts';
import { eventId } from '#kernel/eventStore/eventId.ts';
import { createEventStore, type NewEvent } from '#kernel/eventStore/eventStore.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { pathLabel } from '#organization/rules.ts';
import { closedLoop } from '../stage/requests.ts';
import { type Stage, startStage } from '../stage/stage.ts';
import { median, spreadOf } from '../stage/statistics.ts';
import { type Figure, perSecond } from './figure.ts';

const CLIENTS = 8;
const ORGANIZATIONS = 150;
const ROUNDS = 7;
const LIMIT = 0.65;

const BARE_TABLE = `CREATE TABLE bare_events (
  id uuid PRIMARY KEY, event_type text NOT NULL, aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL, stream_version bigint NOT NULL, event_data jsonb NOT NULL,
  event_metadata jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  processed_at timestamptz);
  GRANT INSERT ON bare_events TO a4c_app`;
const BARE_INSERT = {
  name: 'bare_insert',
  text: `INSERT INTO bare_events
    (id, event_type, aggregate_type, aggregate_id, stream_version, event_data, event_metadata)
    VALUES ($1, $2, $3, $4, 0, $5, $6)`,
};

/** The events of a bootstrap that ran, with its ids replaced by those of another. */
type Recorded = (slug: string) => NewEvent[];

async function recordBootstrap(stage: Stage): Promise<Recorded> {
  await stage.queueBootstraps(1);
  const worker = await stage.startWorker();
  await stage.drained(ORGANIZATION_BOOTSTRAP, new Date(0)).finally(worker.stop);
  const { rows } = await stage.owner.query<NewEvent>(
    `SELECT id, event_type AS "eventType", aggregate_type AS "aggregateType",
       aggregate_id AS "aggregateId", event_data AS "eventData", event_metadata AS "eventMetadata"
     FROM domain_events ORDER BY created_at`,
  );
  const text = JSON.stringify(rows);
  const { slug } = rows[0]!.eventData as { slug: string };
  const aggregates = [...new Set(rows.map(({ aggregateId }) => aggregateId))];
  return (other) => {
    const renamed = aggregates.reduce(
      (copy, aggregateId) => copy.replaceAll(aggregateId, randomUUID()),
      // The path in the tree contains the slug with other separators.
      text.replaceAll(slug, other).replaceAll(pathLabel(slug), pathLabel(other)),
    );
    const requestedAt = new Date().toISOString();
    return (JSON.parse(renamed) as NewEvent[]).map((event, ordinal) => ({
      ...event,
      eventData: {
        ...event.eventData,
        ...('token_hash' in event.eventData && { token_hash: other }),
      },
      id: eventId({ requestedAt, workflowId: other, step: event.eventType, ordinal }),
    }));
  };
}

/** Events per second, each in its own transaction. */
async function rateOf(
  recorded: Recorded,
  append: (event: NewEvent) => Promise<unknown>,
  count: number,
) {
  const organizations = Array.from({ length: count }, () => recorded(`emit-${randomUUID()}`));
  const events = organizations.flat().length;
  const started = performance.now();
  await closedLoop(CLIENTS, count, async () => {
    for (const event of organizations.pop()!) await append(event);
  });
  return events / ((performance.now() - started) / 1000);
}

const bareInsert =
  (pool: Pool) =>
  ({ id, eventType, aggregateType, aggregateId, eventData, eventMetadata }: NewEvent) =>
    pool.query({
      ...BARE_INSERT,
      values: [
        id,
        eventType,
        aggregateType,
        aggregateId,
        JSON.stringify(eventData),
        JSON.stringify(eventMetadata),
      ],
    });

export const emitCost: Figure = {
  id: 'emit',
  title: 'An event appended and projected',
  async measure({ log, quick }) {
    const stage = await startStage(log);
    const emitted: number[] = [];
    const bare: number[] = [];
    try {
      const api = await stage.startApi();
      const recorded = await recordBootstrap(stage);
      await api.stop();
      await stage.owner.query(BARE_TABLE);
      const { DATABASE_URL } = stage.stack.env;
      const pool = createPool(
        { DATABASE_URL: DATABASE_URL!, DATABASE_POOL_SIZE: CLIENTS },
        'bench',
      );
      const store = createEventStore(pool);
      const count = quick ? 10 : ORGANIZATIONS;
      try {
        for (let round = 0; round <= (quick ? 1 : ROUNDS); round++) {
          const bareRate = await rateOf(recorded, bareInsert(pool), count);
          const rate = await rateOf(recorded, (event) => store.append(event), count);
          // The first round only fills caches and prepares statements.
          if (round === 0) continue;
          log(`round ${round}: ${perSecond(rate)} beside ${perSecond(bareRate)}`);
          bare.push(bareRate);
          emitted.push(rate);
        }
      } finally {
        await pool.end();
      }
    } finally {
      await stage.stop();
    }
    const ratio = spreadOf(emitted.map((value, round) => value / bare[round]!));
    return [
      {
        figure: `emit + projection, ${CLIENTS} clients, the events of a bootstrap`,
        measured: perSecond(median(emitted)),
        limit: `bare INSERT ${perSecond(median(bare))}`,
        ratio,
        target: `>= ${LIMIT}x`,
        reached: ratio.median >= LIMIT,
        details: { emitted, bare },
      },
    ];
  },
};
