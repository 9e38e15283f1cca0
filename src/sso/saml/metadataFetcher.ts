/**
 * Fetches metadata from a URL that a customer entered: only over https, only from public addresses,
 * and from exactly the address that was checked.
 */
import { lookup as dnsLookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { boundedText } from '#kernel/outbound/boundedBody.ts';
import { type ObserveCall, observed, outcomeOfStatus, unobserved } from '#kernel/outbound/calls.ts';
import { ProviderError, type ProviderFailures } from '#kernel/providerError.ts';
import { MAX_METADATA_BYTES, MetadataError, SSO_FAILURE } from '#sso/rules.ts';
import type { SsoWorkerConfig } from '#sso/settings.ts';
import { isLoopbackHost } from './loopbackHost.ts';

export interface MetadataFetcher {
  /**
   * @throws MetadataError for a URL that is permanently refused, ProviderError `unavailable` when
   *   there is no response now. Neither contains the URL.
   */
  fetch(url: string, signal?: AbortSignal): Promise<string>;
}

interface Address {
  address: string;
  family: number;
}

export interface MetadataFetcherOptions {
  /** Resolves a name to all of its addresses. */
  lookup?: (hostname: string) => Promise<Address[]>;
  timeoutMs?: number;
  /** Told of each call. */
  observe?: ObserveCall;
}

type MetadataConfig = Pick<SsoWorkerConfig, 'SSO_ALLOW_LOOPBACK'>;

const TIMEOUT_MS = 10_000;
const OK = 200;

const FETCH_FAILURE: ProviderFailures = {
  provider: 'identity_provider',
  conflict: SSO_FAILURE.metadataRejected,
  rejected: SSO_FAILURE.metadataRejected,
  unavailable: SSO_FAILURE.metadataUnavailable,
};

const unavailable = (message: string) => new ProviderError(FETCH_FAILURE, 'unavailable', message);

/** The only IPv6 addresses that are routed publicly: RFC 4291, section 2.4, and IANA's registry. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * False for private, loopback, link-local, multicast, documentation and other special ranges, and
 * for IPv6 addresses that contain an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const isRouted = parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
  return isRouted && parsed.range() === 'unicast';
}

function checkUrl(value: string, allowLoopback: boolean): URL {
  if (!URL.canParse(value)) throw new MetadataError('the metadata address is no URL');
  const url = new URL(value);
  if (url.username || url.password) {
    throw new MetadataError('the metadata address must not contain credentials');
  }
  const embedded = allowLoopback && url.protocol === 'http:' && isLoopbackHost(url.hostname);
  if (url.protocol !== 'https:' && !embedded) {
    throw new MetadataError('the metadata address must begin with https://');
  }
  return url;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** All addresses of a name must be public: one private address would be enough for an attack. */
async function addressOf(
  url: URL,
  lookup: (hostname: string) => Promise<Address[]>,
  allowLoopback: boolean,
): Promise<Address> {
  const host = hostOf(url);
  const addresses = isIP(host)
    ? [{ address: host, family: isIP(host) }]
    : await lookup(host).catch(() => {
        throw unavailable('the name in the metadata address is not resolved');
      });
  const [first] = addresses;
  if (!first) throw unavailable('the name in the metadata address is not resolved');
  const allowed = ({ address }: Address) =>
    isPublicAddress(address) ||
    (allowLoopback && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback');
  if (addresses.every(allowed)) return first;
  throw new MetadataError('the metadata address leads to a private or special network address');
}

/** Reads at most the allowed length of metadata, independent of Content-Length. */
async function read(response: IncomingMessage): Promise<string> {
  const text = await boundedText(response, MAX_METADATA_BYTES);
  if (text !== undefined) return text;
  throw new MetadataError(`the metadata is larger than ${MAX_METADATA_BYTES / 1024} KiB`);
}

/** The response to one request; redirects are not followed, because their target is not checked. */
function get(url: URL, { address, family }: Address, signal: AbortSignal) {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<IncomingMessage>((resolve, reject) => {
    request(url, {
      signal,
      // Host name and certificate check use the URL; the connection uses the checked address.
      lookup: (_hostname, options, callback) => {
        if (options.all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      headers: { accept: 'application/samlmetadata+xml, application/xml, text/xml' },
      agent: false,
    })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
}

function refuseStatus(status: number): void {
  if (status === OK) return;
  if (status >= 300 && status < 400) {
    throw new MetadataError('the metadata address redirects: give the address that it leads to');
  }
  if (status >= 500 || status === 429) throw unavailable(`the metadata address answers ${status}`);
  throw new MetadataError(`the metadata address answers ${status}`);
}

export function createMetadataFetcher(
  { SSO_ALLOW_LOOPBACK: allowLoopback }: MetadataConfig,
  options: MetadataFetcherOptions = {},
): MetadataFetcher {
  const { timeoutMs = TIMEOUT_MS, observe = unobserved } = options;
  const lookup = options.lookup ?? ((hostname) => dnsLookup(hostname, { all: true }));
  return {
    async fetch(value, cancelled) {
      const url = checkUrl(value, allowLoopback);
      const signal = AbortSignal.any([
        AbortSignal.timeout(timeoutMs),
        ...(cancelled ? [cancelled] : []),
      ]);
      const address = await addressOf(url, lookup, allowLoopback);
      const response = await observed(
        observe,
        'identity_provider',
        'GET metadata',
        () => get(url, address, signal),
        ({ statusCode = 0 }) => outcomeOfStatus(statusCode),
      ).catch(() => {
        throw unavailable('the metadata address does not answer');
      });
      try {
        refuseStatus(response.statusCode ?? 0);
        return await read(response);
      } catch (error) {
        if (error instanceof MetadataError || error instanceof ProviderError) throw error;
        throw unavailable('the metadata address broke off');
      } finally {
        response.destroy();
      }
    },
  };
}
