/**
 * What follows from each kind of error, in one table: whether it is waited out, counted or final,
 * how long, and with which pauses. `docs/waiting.md` shows it.
 */
import type { Provider, ProviderErrorKind } from '#kernel/providerError.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Errors of our own database. */
export type StoreErrorKind =
  /** It does not answer, or asks to try again: lost connections, conflicts, a restart. */
  | 'unavailable'
  /** A projection or a migration is broken or missing: `raise exception`, 42P01, 42883. */
  | 'broken'
  /** An earlier event of the same stream has not been projected. */
  | 'held'
  /** It refuses the value: SQLSTATE classes 22 and 23, and our own codes. */
  | 'rejected'
  /** Any other error of ours. */
  | 'unexpected';

/** The alerts that know of waits, each with a runbook of its name. */
export type WaitingAlert = 'ProviderKeepsUsWaiting' | 'ProviderRefusesUs' | 'StoreNeedsRepair';

export type Patience =
  /** Not a failure: tried again until `limitMs` have passed since the first such answer in a row. */
  | {
      does: 'wait';
      limitMs: number;
      firstMs: number;
      maxMs: number;
      means: string;
      alert: WaitingAlert | null;
    }
  /** A failure: the activity fails when there have been this many. */
  | { does: 'count'; attempts: number; firstMs: number; maxMs: number }
  /** A failure that every attempt would repeat. */
  | { does: 'end' };

const END = { does: 'end' } as const;
/** @param means what the run waits for, in words for people. */
const wait = (
  hours: number,
  firstMs: number,
  maxMs: number,
  means: string,
  alert: WaitingAlert | null = 'ProviderKeepsUsWaiting',
): Patience => ({
  does: 'wait',
  limitMs: hours * HOUR_MS,
  firstMs,
  maxMs,
  means,
  alert,
});
const count = (attempts: number): Patience => ({
  does: 'count',
  attempts,
  firstMs: 10 * SECOND_MS,
  maxMs: 5 * MINUTE_MS,
});

/** What is the same for everyone who offers us a service. @param name as people know it. */
const service = (name: string) =>
  ({
    rejected: END,
    conflict: END,
    unknown_outcome: END,
    rate_limited: wait(12, 10 * SECOND_MS, 2 * MINUTE_MS, `${name} takes no more for the moment`),
    unavailable: wait(12, 10 * SECOND_MS, 5 * MINUTE_MS, `${name} cannot serve at the moment`),
    transport: wait(12, 10 * SECOND_MS, 5 * MINUTE_MS, `${name} does not answer`),
    unauthorized: wait(
      2,
      10 * SECOND_MS,
      5 * MINUTE_MS,
      `${name} refuses our credentials`,
      'ProviderRefusesUs',
    ),
    quota: wait(
      24,
      MINUTE_MS,
      10 * MINUTE_MS,
      `a limit of our plan at ${name} is reached`,
      'ProviderRefusesUs',
    ),
    // No alert: the pace is our own, and it is not an answer.
    paced: wait(24, SECOND_MS, 5 * SECOND_MS, `our own pace for ${name}`, null),
    unexpected: count(5),
  }) satisfies Record<ProviderErrorKind, Patience>;

type Table = Readonly<
  Record<Provider, Readonly<Record<ProviderErrorKind, Patience>>> & {
    store: Readonly<Record<StoreErrorKind, Patience>>;
  }
>;

export const PATIENCE: Table = {
  // The seed demands that DNS configuration gives up after three failures.
  cloudflare: { ...service('Cloudflare'), unexpected: count(3) },
  smtp: {
    ...service('the mail server'),
    // Most of these are about one recipient, whose server must not hold up all others for a day.
    unavailable: wait(4, 10 * SECOND_MS, 5 * MINUTE_MS, 'the mail server cannot take it yet'),
  },
  supabase: service('Supabase Auth'),
  // A customer's own server, named in their request: they wait for the answer, and correct it.
  identity_provider: {
    ...service('the identity provider'),
    rate_limited: count(5),
    unavailable: count(5),
    transport: count(5),
    unauthorized: END,
    quota: END,
  },
  store: {
    rejected: END,
    unavailable: wait(24, SECOND_MS, MINUTE_MS, 'our database does not answer'),
    broken: wait(24, 2 * SECOND_MS, MINUTE_MS, 'our database needs a repair', 'StoreNeedsRepair'),
    held: wait(
      24,
      SECOND_MS,
      MINUTE_MS,
      'an earlier event of this organization waits',
      'StoreNeedsRepair',
    ),
    unexpected: count(5),
  },
};

export type Waited = keyof typeof PATIENCE;
export type WaitedKind = ProviderErrorKind | StoreErrorKind;

/** Every row, as `provider`, `reason` and what follows. */
export const PATIENCE_ROWS: readonly { provider: Waited; reason: WaitedKind; row: Patience }[] =
  Object.entries(PATIENCE).flatMap(([provider, kinds]) =>
    Object.entries<Patience>(kinds).map(([reason, row]) => ({
      provider: provider as Waited,
      reason: reason as WaitedKind,
      row,
    })),
  );
