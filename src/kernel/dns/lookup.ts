/** Asks one resolver, and tells "there is none" from "it does not answer". */
import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';

/** Codes for "no such name" and "no such record": a valid answer. Other codes are failures. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/** What a resolver says of a name: the values, none, or undefined when it does not answer. */
export type Answer = string[] | undefined;

async function answerOf<T>(lookup: Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await lookup;
  } catch (error) {
    return ABSENT.has((error as NodeJS.ErrnoException).code ?? '') ? [] : undefined;
  }
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
export function lookUpAt(server: string, timeoutMs: number) {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([server]);
  return {
    cname: (name: string): Promise<Answer> => answerOf(resolver.resolveCname(name)),
    /** A and AAAA together; what one of them says counts when the other is not answered. */
    async addresses(name: string): Promise<Answer> {
      const [v4, v6] = await Promise.all([
        answerOf(resolver.resolve4(name)),
        answerOf(resolver.resolve6(name)),
      ]);
      const all = [...(v4 ?? []), ...(v6 ?? [])];
      return all.length === 0 && !(v4 && v6) ? undefined : all;
    },
    /** The texts of the TXT records. A record is made of strings of at most 255 bytes. */
    async texts(name: string): Promise<Answer> {
      const records = await answerOf(resolver.resolveTxt(name));
      return records?.map((strings) => strings.join('').trim());
    },
  };
}
