/** Asks one resolver, and tells "there is none" from "it does not answer". */
import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { type ObserveCall, observed, type PROVIDER_ENDPOINTS } from '#kernel/outbound/calls.ts';

/** Codes for "no such name" and "no such record": a valid answer. Other codes are failures. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/** What a resolver says of a name: the values, none, or undefined when it does not answer. */
export type Answer = string[] | undefined;

/** Answers of a resolver that cannot or will not look. */
const OUTCOME_OF_CODE: Record<string, 'failed' | 'refused' | undefined> = {
  ESERVFAIL: 'failed',
  EREFUSED: 'refused',
};

/** The values; or the code for which there are none. */
const codeOr = <T>(lookup: Promise<T[]>): Promise<T[] | string> =>
  lookup.catch((error: NodeJS.ErrnoException) => error.code ?? '');

async function answerOf<T>(
  observe: ObserveCall,
  type: (typeof PROVIDER_ENDPOINTS)['dns'][number],
  look: () => Promise<T[]>,
): Promise<T[] | undefined> {
  const answer = await observed(
    observe,
    'dns',
    type,
    () => codeOr(look()),
    (found) =>
      typeof found !== 'string' || ABSENT.has(found) ? 'ok' : (OUTCOME_OF_CODE[found] ?? 'silent'),
  );
  if (typeof answer !== 'string') return answer;
  return ABSENT.has(answer) ? [] : undefined;
}

/**
 * A name beside `name` that nobody has made. Only a wildcard, or a resolver that invents answers,
 * answers for it.
 */
export function siblingOf(name: string): string {
  const parent = name.slice(name.indexOf('.') + 1);
  return `a4c-${randomUUID()}.${parent}`;
}

/** Lookups at one resolver. A new one for each check, because a Resolver keeps state. */
export function lookUpAt(server: string, timeoutMs: number, observe: ObserveCall) {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([server]);
  return {
    cname: (name: string): Promise<Answer> =>
      answerOf(observe, 'CNAME', () => resolver.resolveCname(name)),
    /** A and AAAA together; what one of them says counts when the other is not answered. */
    async addresses(name: string): Promise<Answer> {
      const [v4, v6] = await Promise.all([
        answerOf(observe, 'A', () => resolver.resolve4(name)),
        answerOf(observe, 'AAAA', () => resolver.resolve6(name)),
      ]);
      const all = [...(v4 ?? []), ...(v6 ?? [])];
      return all.length === 0 && !(v4 && v6) ? undefined : all;
    },
    /** The texts of the TXT records. A record is made of strings of at most 255 bytes. */
    async texts(name: string): Promise<Answer> {
      const records = await answerOf(observe, 'TXT', () => resolver.resolveTxt(name));
      return records?.map((strings) => strings.join('').trim());
    },
  };
}
