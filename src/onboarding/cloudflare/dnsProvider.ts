/**
 * DNS records of organizations at Cloudflare, through its official client. A record belongs to
 * an organization by its comment `a4c org <orgId>`: that is how a record is found whose creation
 * we never heard of, and why nobody else's is ever removed.
 */
import Cloudflare from 'cloudflare';
import { ProviderError } from '#kernel/providerError.ts';
import type { DnsRecord } from '#onboarding/contract.ts';
import type { OnboardingWorkerConfig } from '#onboarding/settings.ts';
import {
  codesOf,
  DNS_FAILURE,
  HOST_TAKEN,
  IDENTICAL_RECORD,
  toProviderError,
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

export interface DnsProvider {
  /**
   * Makes sure that `fqdn` is a CNAME to DNS_TARGET; the record that is there already counts.
   * @throws ProviderError conflict when the name is in use for something or somebody else;
   *   rejected, rate_limited or unavailable as Cloudflare answers.
   */
  ensureRecord(what: { orgId: string; fqdn: string }, options?: CallOptions): Promise<DnsRecord>;
  /**
   * Removes every record at `fqdn` that the organization owns.
   * @returns their ids; empty when there is none (any more).
   */
  removeRecords(
    what: { orgId: string; fqdn: string; recordId?: string; zoneId?: string },
    options?: CallOptions,
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

export function createDnsProvider(config: DnsConfig): DnsProvider {
  // Temporal does the retrying: a client that retries by itself would hide it, and outlast limits.
  const client = new Cloudflare({
    apiToken: config.CLOUDFLARE_API_TOKEN,
    baseURL: config.CLOUDFLARE_API_BASE_URL,
    maxRetries: 0,
    timeout: TIMEOUT_MS,
  });
  let knownZone = config.CLOUDFLARE_ZONE_ID;

  async function zoneId(options: CallOptions): Promise<string> {
    if (knownZone) return knownZone;
    const name = config.PLATFORM_BASE_DOMAIN;
    const { result } = await client.zones.list({ name }, options);
    knownZone = result[0]?.id;
    if (knownZone) return knownZone;
    throw new ProviderError(
      DNS_FAILURE,
      'rejected',
      `the Cloudflare token sees no zone ${name}: check PLATFORM_BASE_DOMAIN, CLOUDFLARE_ZONE_ID and the token's permissions`,
    );
  }

  async function recordsAt(fqdn: string, zone_id: string, options: CallOptions) {
    const records: ListedRecord[] = [];
    for await (const record of client.dns.records.list(
      { zone_id, name: { exact: fqdn } },
      options,
    )) {
      const { id, name, type, comment } = record;
      const content = 'content' in record ? String(record.content ?? '') : '';
      records.push({ id, name, type, content, comment: comment ?? '' });
    }
    return records;
  }

  const create = (orgId: string, fqdn: string, zone_id: string, options: CallOptions) =>
    client.dns.records.create(
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

  const asDnsRecord = ({ id, name }: { id: string; name: string }, zone: string): DnsRecord => ({
    id,
    zoneId: zone,
    name,
    type: 'CNAME',
    content: config.DNS_TARGET,
  });

  /** Ours if there is one; undefined when the name is free. */
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
      // Somebody was faster: an attempt of ours that we took for lost, or a stranger.
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
    { orgId, fqdn, zoneId: known }: Parameters<DnsProvider['removeRecords']>[0],
    options: CallOptions,
  ): Promise<string[]> {
    const zone = known ?? (await zoneId(options));
    const owned = async () =>
      (await recordsAt(fqdn, zone, options)).filter(({ comment }) => comment === commentFor(orgId));
    const removed: string[] = [];
    for (const { id } of await owned()) {
      await remove(id, zone, options);
      removed.push(id);
    }
    if (removed.length > 0 && (await owned()).length > 0) {
      throw new ProviderError(DNS_FAILURE, 'unavailable', `records of ${fqdn} are still there`);
    }
    return removed;
  }

  return {
    ensureRecord: ({ orgId, fqdn }, options = {}) => translated(() => ensure(orgId, fqdn, options)),
    removeRecords: (what, options = {}) => translated(() => removeOwned(what, options)),
  };
}

/** The same CNAME, and nobody else's: ours, or one that was made by hand. */
const isReusable = ({ type, content, comment }: ListedRecord, orgId: string, target: string) =>
  type === 'CNAME' &&
  content.toLowerCase() === target.toLowerCase() &&
  (comment === commentFor(orgId) || !OWNED.test(comment));

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toProviderError(error);
  }
}
