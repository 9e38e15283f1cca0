/** Reads the claims of a verified token: needed ones exactly, the others as far as they can be used. */
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { hasLink } from '#kernel/input/links.ts';
import { email, text } from '#kernel/input/rules.ts';
import type { Leaf } from '#kernel/input/shape.ts';
import type { Permission } from '../permissions.ts';

const MAX_NAME = 200;
/** Roles of Supabase's own keys: their bearer is a program, or nobody in particular. */
const NOT_PEOPLE = /^(?:anon|service_role|supabase_\w+)$/;

/** What decides who somebody is and what they may do: a value of another kind refuses the token. */
const NEEDED = z.object({
  sub: z.guid(),
  org_id: z.union([z.guid(), z.literal('')]).nullish(),
  effective_permissions: z.array(z.unknown()).nullish(),
  access_blocked: z.boolean().nullish(),
  is_anonymous: z.boolean().nullish(),
  role: z.string().nullish(),
});

/**
 * An entry of another form gives nothing, and takes nothing from the others. The whole platform is
 * said with an empty scope: one that is absent or null may be a path that was forgotten.
 */
const PERMISSION = z.object({
  p: z.string().regex(/^[\w.:*-]{1,200}$/),
  s: z.string().regex(/^(?:[\w-]+(?:\.[\w-]+)*)?$/),
});

export interface Claims {
  userId: string;
  orgId: string | undefined;
  isBlocked: boolean;
  name: string | undefined;
  email: string | undefined;
  permissions: Permission[];
}

/** The value as the rule keeps it; undefined for what it refuses. */
function usable(rule: Leaf<string>, value: unknown): string | undefined {
  const checked = rule.check(value);
  return 'value' in checked ? checked.value : undefined;
}

/** The name stands in mails and on pages: one that would become a link there is left out. */
function nameOf(metadata: unknown): string | undefined {
  const name = usable(text(MAX_NAME), (metadata as { full_name?: unknown } | null)?.full_name);
  return name && !hasLink(name) ? name : undefined;
}

function permissionsOf(entries: unknown[]): Permission[] {
  return entries.flatMap((entry) => {
    const { data } = PERMISSION.safeParse(entry);
    return data ? [data] : [];
  });
}

/** @returns undefined when the token is not of a person, or a claim that decides is malformed. */
export function claimsOf(payload: JWTPayload): Claims | undefined {
  const { data } = NEEDED.safeParse(payload);
  if (!data || data.is_anonymous || NOT_PEOPLE.test(data.role ?? '')) return undefined;
  return {
    userId: data.sub,
    orgId: data.org_id || undefined,
    isBlocked: data.access_blocked ?? false,
    name: nameOf(payload.user_metadata),
    email: usable(email(), payload.email),
    permissions: permissionsOf(data.effective_permissions ?? []),
  };
}
