/** The answers of DNS resolvers about a name, and when they are sufficient. */
export type ResolverVerdict = 'found' | 'not_found' | 'mismatch' | 'error';

export interface ResolverAnswer {
  resolver: string;
  verdict: ResolverVerdict;
}

export interface DnsCheck {
  verified: boolean;
  agreeing: number;
  quorum: number;
  answers: ResolverAnswer[];
}

/** More than half of the resolvers, for example 2 of 3. */
export const quorumOf = (resolvers: number): number => Math.floor(resolvers / 2) + 1;

/** A domain is verified when a quorum of resolvers has found it. */
export function judgeDns(answers: ResolverAnswer[]): DnsCheck {
  const agreeing = answers.filter((answer) => answer.verdict === 'found').length;
  const quorum = quorumOf(answers.length);
  return { verified: answers.length > 0 && agreeing >= quorum, agreeing, quorum, answers };
}

/** Pause after the nth lookup (from 1); the last pause in the list repeats. */
export const pauseAfter = (attempt: number, backoffMs: number[]): number =>
  backoffMs[Math.min(attempt, backoffMs.length) - 1] ?? 0;
