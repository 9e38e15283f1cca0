/** Routes that an invited person's browser calls with the link's token, without an account. */
import { createHash } from 'node:crypto';
import { notFound } from '#kernel/http/problems.ts';
import { rateLimit } from '#kernel/http/rateLimit.ts';
import { open, type Route } from '#kernel/http/route.ts';
import { acceptInvitation, notPending, withRun } from '../runs.ts';
import { invitationToken } from '../schemas.ts';
import type { InvitationByToken } from '../store.ts';
import type { InvitationRouteDeps } from './routeDeps.ts';

const PATH = '/api/v1/invitations/:token';

/** @throws Problem 404 for an unknown link. */
async function found(
  { invitations }: InvitationRouteDeps,
  value: string | undefined,
): Promise<InvitationByToken> {
  const parsed = invitationToken.safeParse(value);
  const hash = createHash('sha256')
    .update(parsed.data ?? '')
    .digest('hex');
  const known = parsed.success ? await invitations.byTokenHash(hash) : undefined;
  if (!known) throw notFound('invitation');
  return known;
}

/** Checks the time, too, because the store records an expiry a moment later. */
function stateOf({ invitation, superseded }: InvitationByToken): string {
  if (superseded) return 'superseded';
  const isLate = invitation.status === 'pending' && invitation.expiresAt.getTime() <= Date.now();
  return isLate ? 'expired' : invitation.status;
}

const WHY_OPEN = 'the token in the link is the permission: invited people have no account yet';

export function publicRoutes(deps: InvitationRouteDeps): Route[] {
  const limit = rateLimit(deps.pool, deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE);
  const access = { open: WHY_OPEN };
  return [
    open({
      method: 'GET',
      path: PATH,
      access,
      limit,
      async handle(ctx) {
        const known = await found(deps, ctx.params.token);
        const organization = await deps.organizations.find(known.invitation.orgId);
        ctx.set('cache-control', 'no-store');
        ctx.body = {
          organizationName: organization?.name ?? '',
          invitedBy: known.invitation.invitedByName,
          expiresAt: known.invitation.expiresAt,
          state: stateOf(known),
        };
      },
    }),
    open({
      method: 'POST',
      path: `${PATH}/accept`,
      access,
      limit,
      async handle(ctx) {
        const known = await found(deps, ctx.params.token);
        const state = stateOf(known);
        if (state !== 'pending') throw notPending(state);
        const { invitationId } = known.invitation;
        const accept = () => acceptInvitation(deps.temporal, invitationId);
        const { orgId, userId } = await withRun(deps, invitationId, accept);
        ctx.body = { organizationId: orgId, userId, state: 'accepted' };
      },
    }),
  ];
}
