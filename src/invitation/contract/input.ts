/** What the input of an invitation must look like, for API and workflow. */
import { email, personName, roleName, uuid } from '#kernel/input/rules.ts';
import { label, ORIGIN, timing } from '#kernel/input/run.ts';
import { fields, optional, type Shape } from '#kernel/input/shape.ts';
import {
  DEFAULT_INVITATION_TIMING,
  type InvitedUser,
  type UserInvitationParams,
} from '../contract.ts';

export const INVITED_USER: Shape<InvitedUser> = fields<InvitedUser>({
  email: email(),
  firstName: personName(),
  lastName: personName(),
  role: roleName(),
});

export const INVITATION_TIMING = timing(DEFAULT_INVITATION_TIMING);

export const USER_INVITATION_INPUT: Shape<UserInvitationParams> = fields<UserInvitationParams>({
  invitationId: uuid(),
  orgId: uuid(),
  origin: ORIGIN,
  user: optional(INVITED_USER),
  invitedByName: optional(label()),
  timing: INVITATION_TIMING,
});
