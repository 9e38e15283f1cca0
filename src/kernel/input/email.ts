/**
 * E-mail addresses that can be delivered: the dot-atom form of RFC 5321 with the letters of RFC
 * 6531 (SMTPUTF8) and internationalized domains. Quoted local parts and address literals are not
 * accepted: nobody's mailbox has one, and forgers use them.
 */
import { characterProblem, octetsOf, tidyText } from './characters.ts';
import { asciiDomain } from './domain.ts';

const MAX_LOCAL_OCTETS = 64;
/** RFC 5321, 4.5.3.1.3: a path has 256 octets, with its angle brackets. */
export const MAX_EMAIL_OCTETS = 254;
const DOT_ATOM = /^[^\s@".(),:;<>[\]\\]+(?:\.[^\s@".(),:;<>[\]\\]+)*$/u;

export interface Mailbox {
  /** As it was typed, apart from Unicode normalization. */
  local: string;
  /** As DNS encodes it: lower case, IDNs as punycode. */
  domain: string;
}

/** @returns undefined when no mail could be delivered to this address. */
export function mailboxOf(typed: string): Mailbox | undefined {
  const address = tidyText(typed);
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = at > 0 ? asciiDomain(address.slice(at + 1)) : undefined;
  if (!domain || !DOT_ATOM.test(local) || characterProblem(local)) return undefined;
  if (octetsOf(local) > MAX_LOCAL_OCTETS) return undefined;
  return octetsOf(`${local}@${domain}`) > MAX_EMAIL_OCTETS ? undefined : { local, domain };
}

/**
 * The form in which addresses are stored and compared: lower case, the domain as DNS encodes it. An
 * address of an earlier release that is not accepted any more keeps the form it had then.
 */
export function normalizeEmail(typed: string): string {
  const mailbox = mailboxOf(typed);
  if (!mailbox) return typed.trim().toLowerCase();
  return `${mailbox.local.toLowerCase().normalize('NFC')}@${mailbox.domain}`;
}

/** The domain of an address, as DNS encodes it; undefined when it is no address. */
export const domainOfEmail = (typed: string): string | undefined => mailboxOf(typed)?.domain;
