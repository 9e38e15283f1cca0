/** A part of the full demonstration: its name, its result, and the events that it emitted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '#dev/embedded/stack.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import type { ApiClient } from './apiClient.ts';
import type { DemoSummary } from './demoSummary.ts';

export interface DemoPart {
  /** Its name in the JSON document. */
  name: 'acceptedInvitation' | 'verifiedDomain' | 'singleSignOn' | 'expiredInvitation';
  title: string;
  workflowId: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** The result, by name. */
  facts: Record<string, string>;
  /** Events of the invitation, claim or configuration, oldest first. */
  events: StoredEvent[];
}

/** What each part works with: an active organization, and a caller with the needed permissions. */
export interface DemoScene {
  api: ApiClient;
  apiUrl: string;
  stack: Stack;
  organizationId: string;
  /** The caller's e-mail address. */
  requester: string;
  signal: AbortSignal;
}

const POLL_MS = 100;
const LIMIT_MS = 60_000;

/**
 * @returns the value of `look` once it is defined.
 * @throws Error that names what was waited for, when it takes too long.
 */
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

/** The first mail to an address that matches; waits until the mail server has received it. */
export const mailTo = (
  scene: DemoScene,
  address: string,
  awaited: string,
  fits: (mail: ReceivedMail) => boolean,
): Promise<ReceivedMail> =>
  until(scene, awaited, () =>
    scene.stack.smtp.mails.find((mail) => mail.to.includes(address) && fits(mail)),
  );

/** Events of one stream of the organization, read from the lineage route of the API. */
export async function eventsOf(
  { api, organizationId }: DemoScene,
  aggregateId: string,
): Promise<StoredEvent[]> {
  const path = `/api/v1/organizations/${organizationId}/lineage`;
  const { events } = await api.get<DemoSummary['lineage']>(path);
  return events.filter((event) => event.aggregateId === aggregateId);
}
