/** Naming rules of organizations: slugs, ltree paths and domain names. */

/**
 * The organization's unique slug: its subdomain, or its name reduced to the same characters. Empty
 * when the name has no letter or digit among them.
 */
export function slugFor(name: string, subdomain?: string): string {
  if (subdomain) return subdomain;
  return (
    name
      .normalize('NFKD')
      // After normalization accents are separate characters: without them, ä becomes a.
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 63)
      .replace(/^-+|-+$/g, '')
  );
}

/**
 * ltree label of a slug. Hyphens become underscores, because PostgreSQL before 16 refuses hyphens.
 * Slugs contain no underscores, so two slugs never get the same label.
 */
export const pathLabel = (slug: string): string => slug.replaceAll('-', '_');

/** ltree path of an organization: below its parent, or a root. */
export const orgPath = (slug: string, parentPath?: string): string =>
  parentPath ? `${parentPath}.${pathLabel(slug)}` : pathLabel(slug);

/**
 * True for an organization whose bootstrap ended and left something: a deletion removes it.
 * (`unclean` in src/organization/store.ts finds them all.)
 */
export const needsCleanup = (organization: {
  status: string;
  path: string | null;
  cloudflareRecordId: string | null;
}): boolean => {
  const { status, path, cloudflareRecordId } = organization;
  if (status === 'failed') return path !== null;
  return status === 'deactivated' && cloudflareRecordId !== null;
};

/** Fully qualified domain name of a subdomain of the platform. */
export const fqdnOf = (subdomain: string, baseDomain: string): string =>
  `${subdomain}.${baseDomain}`;
