/** What people may type: names, addresses, domains, subdomains, roles, telephone numbers, reasons. */
import { isUuid } from '#kernel/workflow/ids.ts';
import { characterProblem, tidyText } from './characters.ts';
import { asciiDomain } from './domain.ts';
import { MAX_EMAIL_OCTETS, mailboxOf } from './email.ts';
import { hasAddress, hasLink } from './links.ts';
import { type Checked, type Leaf, leaf } from './shape.ts';
import { SUBDOMAIN_PATTERN, subdomainProblem } from './subdomain.ts';

const MAX_DOMAIN_LENGTH = 253;
const PHONE = /^\+?[0-9 ().-]{3,30}$/;

const refuse = (problem: string) => ({ problem });

/** One line of text: trimmed, composed, without characters that nobody sees. */
function line(typed: string, max: number): Checked<string> {
  const value = tidyText(typed);
  if (value === '') return refuse('must not be empty');
  if (value.length > max) return refuse(`must have at most ${max} characters`);
  const problem = characterProblem(value);
  return problem ? refuse(problem) : { value };
}

/** One line of text. */
export const text = (max: number): Leaf<string> =>
  leaf({ minLength: 1, maxLength: max }, (typed) => line(typed, max));

const named = (max: number, isLink: (value: string) => boolean): Leaf<string> =>
  leaf({ minLength: 1, maxLength: max }, (typed) => {
    const checked = line(typed, max);
    const linked = 'value' in checked && isLink(checked.value);
    return linked ? refuse('must not contain an Internet address') : checked;
  });

/** The name of a person. It stands in mails in our name, so it must not become a link there. */
export const personName = (): Leaf<string> => named(100, hasLink);

/** The name of an organization, which may look like a host (`Clinic.com`) but not like a link. */
export const organizationName = (): Leaf<string> => named(200, hasAddress);

/** The name of a role. The API takes those of its settings alone, and OpenAPI lists them. */
export const roleName = (): Leaf<string> => {
  const name = named(100, hasAddress);
  return { ...name, json: { ...name.json, format: 'role' } };
};

/** Why somebody did something, on one line. */
export const reason = (): Leaf<string> => text(500);

/** An e-mail address; kept as it was typed, apart from the domain. */
export const email = (): Leaf<string> =>
  leaf({ format: 'email', maxLength: MAX_EMAIL_OCTETS }, (typed) => {
    const mailbox = mailboxOf(typed);
    if (!mailbox) return refuse('must be an e-mail address');
    return { value: `${mailbox.local}@${mailbox.domain}` };
  });

/** A domain; kept as DNS encodes it. */
export const domain = (): Leaf<string> =>
  leaf({ minLength: 4, maxLength: MAX_DOMAIN_LENGTH }, (typed) => {
    const value = asciiDomain(typed);
    return value ? { value } : refuse('must be a domain name such as example.org');
  });

/** A subdomain of the platform that is not reserved. */
export const subdomain = (): Leaf<string> =>
  leaf({ pattern: SUBDOMAIN_PATTERN.source }, (value) => {
    const problem = subdomainProblem(value);
    return problem ? refuse(problem) : { value };
  });

/** Address books copy numbers with direction marks, typographic hyphens and hard spaces. */
const tidyPhone = (typed: string): string =>
  typed
    .normalize('NFKC')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/\p{Pd}/gu, '-')
    .replace(/\p{Zs}/gu, ' ')
    .trim();

/** A telephone number: 3 to 15 digits (E.164), national or with `+`. */
export const phoneNumber = (): Leaf<string> =>
  leaf({ pattern: PHONE.source }, (typed) => {
    const value = tidyPhone(typed);
    const digits = value.replace(/\D/g, '').length;
    const valid = PHONE.test(value) && digits >= 3 && digits <= 15;
    return valid ? { value } : refuse('must be a phone number');
  });

export const digits = (max: number): Leaf<string> =>
  leaf({ pattern: `^[0-9]{1,${max}}$` }, (value) =>
    /^[0-9]+$/.test(value) && value.length <= max ? { value } : refuse('must be digits'),
  );

/** A UUID; kept in lower case. */
export const uuid = (): Leaf<string> =>
  leaf({ format: 'uuid' }, (typed) => {
    const value = typed.toLowerCase();
    return isUuid(value) ? { value } : refuse('must be a UUID');
  });

/** A time in ISO 8601. */
export const time = (): Leaf<string> =>
  leaf({ format: 'date-time' }, (value) =>
    /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
      ? { value }
      : refuse('must be a time in ISO 8601'),
  );

/** Text that is kept as it is, on any number of lines: a document, an address on the web. */
export const verbatim = (max: number): Leaf<string> =>
  leaf({ minLength: 1, maxLength: max }, (value) => {
    if (value === '' || value.length > max) return refuse(`must have 1 to ${max} characters`);
    return value.isWellFormed() && !value.includes('\u0000')
      ? { value }
      : refuse('must be well-formed Unicode without NUL');
  });

/** Where somebody ends something without saying why. */
export const NO_REASON = 'no reason given';

const DAY_MS = 86_400_000;
const EARLIEST_MS = Date.UTC(2000, 0);
/** So far may the clock of who asks be ahead. */
const MAX_AHEAD_MS = DAY_MS;
const MAX_DURATION_MS = 366 * DAY_MS;

/** When something was asked for: ids and ends of terms are computed from it. */
export const requestTime = (): Leaf<string> => {
  const rule = time();
  return {
    ...rule,
    check(value) {
      const checked = rule.check(value);
      if (!('value' in checked)) return checked;
      const at = Date.parse(checked.value);
      return at >= EARLIEST_MS && at <= Date.now() + MAX_AHEAD_MS
        ? checked
        : refuse('must be since 2000, and not in the future');
    },
  };
};

/** A number of milliseconds, at most a year. */
export const duration = (): Leaf<number> => ({
  kind: 'leaf',
  json: { type: 'number', minimum: 0, maximum: MAX_DURATION_MS },
  check: (value) =>
    typeof value === 'number' && value >= 0 && value <= MAX_DURATION_MS
      ? { value }
      : refuse('must be a number of milliseconds, at most a year'),
});

export const yesOrNo = (): Leaf<boolean> => ({
  kind: 'leaf',
  json: { type: 'boolean' },
  check: (value) => (typeof value === 'boolean' ? { value } : refuse('must be true or false')),
});
