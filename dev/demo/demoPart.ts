/** A part of the full demonstration: what was done, what is there now, and the events it left. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '#dev/embedded/stack.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import type { ApiClient } from './apiClient.ts';
import type { DemoSummary } from './demoSummary.ts';

export interface DemoPart {
  /** What the JSON document calls it. */
  name: 'acceptedInvitation' | 'verifiedDomain' | 'singleSignOn' | 'expiredInvitation';
  title: string;
  workflowId: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** What is there afterwards, by name. */
  facts: Record<string, string>;
  /** Of the invitation, claim or configuration, oldest first. */
  events: StoredEvent[];
}

/** Where a part plays: an active organization, and a caller who may do what is shown. */
export interface DemoScene {
  api: ApiClient;
  apiUrl: string;
  stack: Stack;
  organizationId: string;
  /** The caller's address. */
  requester: string;
  signal: AbortSignal;
}

const POLL_MS = 100;
const LIMIT_MS = 60_000;

/** @returns what `look` finds, once it finds something. @throws Error naming what was waited for. */
export async function until<T>(
  { signal }: DemoScene,
  awaited: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${awaited}: not within ${LIMIT_MS / 1000} seconds`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** The first mail to an address that fits; the mail server may be about to take it. */
export const mailTo = (
  scene: DemoScene,
  address: string,
  awaited: string,
  fits: (mail: ReceivedMail) => boolean,
): Promise<ReceivedMail> =>
  until(scene, awaited, () =>
    scene.stack.smtp.mails.find((mail) => mail.to.includes(address) && fits(mail)),
  );

/** Events of one stream of the organization, by the lineage as any caller reads it. */
export async function eventsOf(
  { api, organizationId }: DemoScene,
  aggregateId: string,
): Promise<StoredEvent[]> {
  const path = `/api/v1/organizations/${organizationId}/lineage`;
  const { events } = await api.get<DemoSummary['lineage']>(path);
  return events.filter((event) => event.aggregateId === aggregateId);
}
