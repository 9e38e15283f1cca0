/**
 * DNS records of organizations at Cloudflare, through its official client. The comment `a4c org
 * <orgId>` marks a record as the organization's own. By it we find records whose creation was never
 * confirmed to us, and never remove records of others.
 */
import Cloudflare from 'cloudflare';
import { type ObserveCall, observedFetch, unobserved } from '#kernel/outbound/calls.ts';
import { ProviderError } from '#kernel/providerError.ts';
import type { DnsRecord } from '#onboarding/contract.ts';
import type { OnboardingWorkerConfig } from '#onboarding/settings.ts';
import {
  AnswerCutOff,
  codesOf,
  DNS_FAILURE,
  HOST_TAKEN,
  IDENTICAL_RECORD,
  toProviderError,
  unexpectedAnswer,
} from './cloudflareError.ts';

type DnsConfig = Pick<
  OnboardingWorkerConfig,
  | 'CLOUDFLARE_API_TOKEN'
  | 'CLOUDFLARE_API_BASE_URL'
  | 'CLOUDFLARE_ZONE_ID'
  | 'PLATFORM_BASE_DOMAIN'
  | 'DNS_TARGET'
  | 'DNS_PROXIED'
>;

interface CallOptions {
  signal?: AbortSignal;
}

interface RemoveOptions extends CallOptions {
  /** Called with the id of each record that has been removed. */
  onRemoved?: (id: string) => void;
}

export interface DnsProvider {
  /**
   * Asks what every onboarding asks first: the zone, and the records of a name, here of the zone's own.
   * The address that verifies tokens would not know those that belong to an account.
   * @throws ProviderError when the token is refused, or Cloudflare does not serve us.
   */
  check(options?: CallOptions): Promise<void>;
  /**
   * Makes sure that `fqdn` is a CNAME to DNS_TARGET; an existing record is used.
   * @throws ProviderError conflict when the name is used otherwise or by another organization;
   *   rejected, rate_limited or unavailable, depending on Cloudflare's response.
   */
  ensureRecord(what: { orgId: string; fqdn: string }, options?: CallOptions): Promise<DnsRecord>;
  /**
   * Removes every record at `fqdn` that the organization owns.
   * @returns their ids; empty when there is none.
   */
  removeRecords(
    what: { orgId: string; fqdn: string; recordId?: string; zoneId?: string },
    options?: RemoveOptions,
  ): Promise<string[]>;
}

interface ListedRecord {
  id: string;
  name: string;
  type: string;
  content: string;
  comment: string;
}

const TIMEOUT_MS = 15_000;
const AUTOMATIC_TTL = 1;
const NOT_FOUND = 404;

const commentFor = (orgId: string): string => `a4c org ${orgId}`;
const OWNED = /^a4c org /;

/**
 * Reads the whole answer before the client sees it: the client's time limit ends with the headers,
 * and what it says of half a body are words of a parser.
 */
const wholeAnswer: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { status, statusText, headers } = response;
  const body = await response.text().catch(() => {
    throw new AnswerCutOff();
  });
  if (response.ok && body !== '' && !isJson(body)) throw new AnswerCutOff();
  return new Response(body || null, { status, statusText, headers });
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param timeoutMs how long one call may take, with the whole of its answer.
 * @param observe told of each call.
 */
export function createDnsProvider(
  config: DnsConfig,
  timeoutMs = TIMEOUT_MS,
  observe: ObserveCall = unobserved,
): DnsProvider {
  // Temporal retries: retries in the client would be invisible and could exceed the time limits.
  const client = new Cloudflare({
    apiToken: config.CLOUDFLARE_API_TOKEN,
    baseURL: config.CLOUDFLARE_API_BASE_URL,
    maxRetries: 0,
    timeout: timeoutMs,
    fetch: observedFetch(observe, 'cloudflare', [], wholeAnswer),
  });
  let knownZone = config.CLOUDFLARE_ZONE_ID;

  async function zoneId(options: CallOptions): Promise<string> {
    if (knownZone) return knownZone;
    const name = config.PLATFORM_BASE_DOMAIN;
    const zones = await itemsOf(await client.zones.list({ name }, options));
    // A token may see zones of several accounts, and the filter may be ignored.
    knownZone = zones.find((zone) => sameName(zone.name, name))?.id;
    if (knownZone) return knownZone;
    throw new ProviderError(
      DNS_FAILURE,
      'rejected',
      `the Cloudflare token sees no zone ${name}: check PLATFORM_BASE_DOMAIN, CLOUDFLARE_ZONE_ID and the token's permissions`,
    );
  }

  async function recordsAt(fqdn: string, zone_id: string, options: CallOptions) {
    const records: ListedRecord[] = [];
    const page = await client.dns.records.list({ zone_id, name: { exact: fqdn } }, options);
    for (const record of await itemsOf(page)) {
      const { id, name, type, comment } = record;
      // The filter may be ignored, and what is not of this name is not ours to judge.
      if (!sameName(name, fqdn)) continue;
      const content = 'content' in record ? String(record.content ?? '') : '';
      records.push({ id, name, type, content, comment: comment ?? '' });
    }
    return records;
  }

  async function create(orgId: string, fqdn: string, zone_id: string, options: CallOptions) {
    const created = await client.dns.records.create(
      {
        zone_id,
        type: 'CNAME',
        name: fqdn,
        content: config.DNS_TARGET,
        proxied: config.DNS_PROXIED,
        ttl: AUTOMATIC_TTL,
        comment: commentFor(orgId),
      },
      options,
    );
    // Typed as present, but null where Cloudflare answers 200 with `success: false`.
    if (typeof (created as { id?: unknown } | null)?.id !== 'string') throw unexpectedAnswer();
    return created;
  }

  const asDnsRecord = ({ id, name }: { id: string; name: string }, zone: string): DnsRecord => ({
    id,
    zoneId: zone,
    name,
    type: 'CNAME',
    content: config.DNS_TARGET,
  });

  /** The usable record, if any; undefined when the name is free. @throws ProviderError conflict. */
  async function existing(orgId: string, fqdn: string, zone: string, options: CallOptions) {
    const records = await recordsAt(fqdn, zone, options);
    if (records.length === 0) return undefined;
    const reusable = records.find((record) => isReusable(record, orgId, config.DNS_TARGET));
    if (reusable) return asDnsRecord(reusable, zone);
    throw new ProviderError(DNS_FAILURE, 'conflict', `${fqdn} is in use for something else`);
  }

  async function ensure(orgId: string, fqdn: string, options: CallOptions): Promise<DnsRecord> {
    const zone = await zoneId(options);
    const found = await existing(orgId, fqdn, zone, options);
    if (found) return found;
    try {
      return asDnsRecord(await create(orgId, fqdn, zone, options), zone);
    } catch (error) {
      // The record was created meanwhile: by an earlier attempt of ours or by somebody else.
      const taken = codesOf(error).some(
        (code) => code === IDENTICAL_RECORD || HOST_TAKEN.includes(code),
      );
      const theirs = taken && (await existing(orgId, fqdn, zone, options));
      if (theirs) return theirs;
      throw error;
    }
  }

  async function remove(id: string, zone_id: string, options: CallOptions): Promise<void> {
    try {
      await client.dns.records.delete(id, { zone_id }, options);
    } catch (error) {
      if ((error as { status?: number }).status !== NOT_FOUND) throw error;
    }
  }

  async function removeOwned(
    { orgId, fqdn, recordId, zoneId: known }: Parameters<DnsProvider['removeRecords']>[0],
    { onRemoved, ...options }: RemoveOptions,
  ): Promise<string[]> {
    const zone = known ?? (await zoneId(options));
    // Somebody may have edited the comment of the record that we made: its id tells that it is ours.
    const isOurs = (record: ListedRecord) =>
      record.comment === commentFor(orgId) ||
      (record.id === recordId && isReusable(record, orgId, config.DNS_TARGET));
    const owned = async () => (await recordsAt(fqdn, zone, options)).filter(isOurs);
    const removed: string[] = [];
    for (const { id } of await owned()) {
      await remove(id, zone, options);
      removed.push(id);
      onRemoved?.(id);
    }
    if (removed.length > 0 && (await owned()).length > 0) {
      throw new ProviderError(DNS_FAILURE, 'unavailable', `records of ${fqdn} are still there`);
    }
    const isLeft =
      recordId && (await recordsAt(fqdn, zone, options)).some((r) => r.id === recordId);
    if (isLeft) {
      const words = `the record of ${fqdn} was changed by somebody: it has to be removed by hand`;
      throw new ProviderError(DNS_FAILURE, 'rejected', words);
    }
    return removed;
  }

  return {
    check: (options = {}) =>
      translated(async () => {
        await recordsAt(config.PLATFORM_BASE_DOMAIN, await zoneId(options), options);
      }),
    ensureRecord: ({ orgId, fqdn }, options = {}) => translated(() => ensure(orgId, fqdn, options)),
    removeRecords: (what, options = {}) => translated(() => removeOwned(what, options)),
  };
}

/** As DNS compares names: in any case, with or without the dot of the root. */
const sameName = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');

/** All items of a list. The client does not look at `success` when the status is 200. */
async function itemsOf<T>(list: { iterPages(): AsyncIterable<{ result: T[] }> }): Promise<T[]> {
  const items: T[] = [];
  for await (const page of list.iterPages()) {
    const { body } = page as { body?: { success?: unknown } };
    if (body?.success !== true || !Array.isArray(page.result)) throw unexpectedAnswer();
    items.push(...page.result);
  }
  return items;
}

/** True for the same CNAME when it is ours or has no owner, such as one made by hand. */
const isReusable = ({ type, content, comment }: ListedRecord, orgId: string, target: string) =>
  type === 'CNAME' &&
  sameName(content, target) &&
  (comment === commentFor(orgId) || !OWNED.test(comment));

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toProviderError(error);
  }
}
