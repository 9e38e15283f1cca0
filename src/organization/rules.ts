/** Naming rules of organizations: slugs, ltree paths and domain names. */
/** One DNS label: lower-case letters, digits and inner hyphens, at most 63 characters. */
export const SUBDOMAIN_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names under the platform's domain that customers cannot have. */
export const RESERVED_SUBDOMAINS: readonly string[] = [
  'admin',
  'api',
  'app',
  'auth',
  'help',
  'mail',
  'smtp',
  'status',
  'support',
  'www',
];

/**
 * The organization's unique slug: its subdomain, or, without one, its name reduced to the
 * same alphabet. Empty when the name has no letter or digit of that alphabet.
 */
export function slugFor(name: string, subdomain?: string): string {
  if (subdomain) return subdomain;
  return (
    name
      .normalize('NFKD')
      // Accents are characters of their own now: without them, ä is a.
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 63)
      .replace(/^-+|-+$/g, '')
  );
}

/**
 * ltree label of a slug. Hyphens become underscores, because PostgreSQL before 16 refuses
 * them; slugs have no underscores, so two slugs never meet in one label.
 */
export const pathLabel = (slug: string): string => slug.replaceAll('-', '_');

/** ltree path of an organization below its parent, or a root of its own. */
export const orgPath = (slug: string, parentPath?: string): string =>
  parentPath ? `${parentPath}.${pathLabel(slug)}` : pathLabel(slug);

/** Fully qualified domain name of a subdomain of the platform. */
export const fqdnOf = (subdomain: string, baseDomain: string): string =>
  `${subdomain}.${baseDomain}`;
