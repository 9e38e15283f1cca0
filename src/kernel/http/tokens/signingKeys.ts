/** The published keys that sign tokens: fetched rarely, kept while their address does not answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { type ObserveCall, observed, outcomeOfStatus, unobserved } from '#kernel/outbound/calls.ts';

/** After this time the keys are fetched again, while requests go on with those that are known. */
const FRESH_MS = 30_000;
/** After this time a request waits for the fetch: a removed key is not accepted for longer. */
const STALE_MS = 60_000;
const FETCH_TIMEOUT_MS = 5_000;
/** Pause between two fetches, whatever asks for them: an unknown key id, or an address away. */
const COOLDOWN_MS = 2_000;
/** Fetches within a minute for key ids that are not known; more are refused without a fetch. */
const MAX_UNKNOWN_PER_MINUTE = 12;
const MINUTE_MS = 60_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** No keys are known, and their address does not answer. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

export interface SigningKeysOptions {
  /** How long the last known keys are used while their address does not answer. */
  graceMs: number;
  /** Called when another set of keys is published: what the old keys verified is not certain. */
  onChange?(): void;
  /** Told of each fetch. */
  observe?: ObserveCall;
  /** Current time in milliseconds, for tests. */
  now?(): number;
  pause?(ms: number): Promise<unknown>;
}

const fetchKeys = (url: URL): Promise<Response> =>
  fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });

async function fetchText(url: URL, observe: ObserveCall): Promise<string> {
  const response = await observed(
    observe,
    'supabase_keys',
    'GET keys',
    () => fetchKeys(url),
    ({ status }) => outcomeOfStatus(status),
  );
  if (response.status !== 200) throw new Error(`the keys' address answered ${response.status}`);
  return response.text();
}

class SigningKeys {
  readonly #url: URL;
  readonly #options: Required<SigningKeysOptions>;
  #keys: KeySet | undefined;
  #text = '';
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #underWay: Promise<void> | undefined;
  #unknownAt: number[] = [];

  constructor(url: URL, options: SigningKeysOptions) {
    this.#url = url;
    this.#options = {
      now: Date.now,
      pause: delay,
      onChange: () => {},
      observe: unobserved,
      ...options,
    };
  }

  get #age(): number {
    return this.#options.now() - this.#fetchedAt;
  }

  /** One fetch at a time, after a pause since the last one. Never rejects. */
  #refresh(): Promise<void> {
    this.#underWay ??= this.#fetch().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #fetch(): Promise<void> {
    const { now, pause, onChange, observe } = this.#options;
    const rest = this.#triedAt + COOLDOWN_MS - now();
    if (rest > 0) await pause(rest);
    this.#triedAt = now();
    try {
      const text = await fetchText(this.#url, observe);
      const keys = createLocalJWKSet(JSON.parse(text));
      const isChange = this.#keys !== undefined && text !== this.#text;
      // The same text keeps the imported keys.
      if (text !== this.#text) this.#keys = keys;
      this.#text = text;
      this.#fetchedAt = this.#triedAt;
      this.#isAway = false;
      if (isChange) onChange();
    } catch {
      this.#isAway = true;
    }
  }

  /** The keys to use now. @throws KeysUnavailable */
  async #current(): Promise<KeySet> {
    if (this.#age > FRESH_MS) {
      const fetched = this.#refresh();
      // While the address is known to be away, nobody waits for it.
      if (this.#age > STALE_MS && !(this.#isAway && this.#keys)) await fetched;
    }
    if (this.#keys && this.#age <= Math.max(STALE_MS, this.#options.graceMs)) return this.#keys;
    throw new KeysUnavailable('the keys that sign tokens cannot be fetched');
  }

  /** Whether one more unknown key id may cause a fetch. */
  #mayFetchForUnknown(): boolean {
    if (this.#underWay) return true;
    const now = this.#options.now();
    this.#unknownAt = this.#unknownAt.filter((at) => at > now - MINUTE_MS);
    if (this.#unknownAt.length >= MAX_UNKNOWN_PER_MINUTE) return false;
    this.#unknownAt.push(now);
    return true;
  }

  /** Whether the address answers, with keys that are not much older than this call. */
  check = async (): Promise<void> => {
    if (this.#isAway || this.#age > FRESH_MS) await this.#refresh();
    if (this.#isAway || !this.#keys) {
      throw new KeysUnavailable('the keys that sign tokens cannot be fetched');
    }
  };

  keyFor: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey && header.kid !== undefined;
      if (!isUnknown || !this.#mayFetchForUnknown()) throw error;
      await this.#refresh();
      return (this.#keys ?? keys)(header, token);
    }
  };
}

export interface TokenKeys {
  keyFor: JWTVerifyGetKey;
  /** Fetches the keys when they are not fresh. @throws KeysUnavailable when that does not succeed. */
  check(): Promise<void>;
}

/**
 * @returns `keyFor` gives the key of a token, for jose's `jwtVerify`. A new key is known at the first token that it
 *   signed, 2 s after the last fetch at the latest; a removed one is refused after 60 s. It rejects
 *   with KeysUnavailable, or with jose's error when no published key matches.
 */
export const createSigningKeys = (url: URL, options: SigningKeysOptions): TokenKeys =>
  new SigningKeys(url, options);
