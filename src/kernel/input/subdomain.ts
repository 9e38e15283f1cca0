/** Subdomains that organizations may choose, and the names that are reserved. */

/** One DNS label: lower-case letters, digits and inner hyphens, at most 63 characters. */
export const SUBDOMAIN_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Names that software looks for below a domain, or that readers take for the platform itself. The
 * packages of such names on npm reserve names of companies as well, which may be our customers (ADR
 * 0019).
 */
const RESERVED: ReadonlySet<string> = new Set([
  // The platform's own.
  ...words('admin api app auth console dashboard docs help status support temporal grafana'),
  // RFC 2142: mailbox names of roles and services; certificate authorities trust some of them.
  ...words('abuse ftp hostmaster info marketing news noc postmaster sales security trouble usenet'),
  ...words('uucp webmaster www administrator root ssladmin ssladministrator sslwebmaster'),
  // RFC 6761, 6762, 8375, 9476 and 7686: names of special use.
  ...words('alt arpa example home invalid lan local localhost onion test localdomain'),
  // Found by clients without being asked: RFC 8461, 6186, 8314; Exchange, Thunderbird, WPAD, ISATAP.
  ...words(
    'autoconfig autodiscover isatap mta-sts wpad openpgpkey lyncdiscover sip enterpriseenrollment',
  ),
  ...words('enterpriseregistration broadcasthost teredo'),
  // Services of a zone by their usual names.
  ...words(
    'caldav carddav cloud db dns email exchange gateway git idp imap ldap mail mailer mx ns ntp',
  ),
  ...words(
    'owa pop pop3 proxy radius rdp relay remote router server sftp smtp ssh vpn web webdav webmail',
  ),
  // Where people type passwords or money.
  ...words(
    'account accounts billing login logout oauth oidc password payment payments register saml',
  ),
  ...words('secure signin signup sso id identity my portal'),
  // Environments of the platform.
  ...words('assets beta cdn demo dev development internal live preview prod production qa sandbox'),
  ...words('stage staging static staff system'),
]);
/** The same services with a number: ns1, mx2, mail01, www2. */
const NUMBERED = /^(?:dns|ftp|imap|mail|mx|ns|pop|smtp|vpn|web|ww|www)-?\d+$/;
/** Hyphens in the third and fourth place: `xn--` looks like other letters, the rest is reserved. */
const ENCODED = /^..--/;

/** @returns why this cannot be a subdomain; undefined when it can. */
export function subdomainProblem(name: string): string | undefined {
  if (!SUBDOMAIN_PATTERN.test(name)) {
    return 'must be lower-case letters, digits and inner hyphens, 63 at most';
  }
  if (ENCODED.test(name)) return 'must not have two hyphens in the third and fourth place';
  return RESERVED.has(name) || NUMBERED.test(name) ? 'is reserved' : undefined;
}
