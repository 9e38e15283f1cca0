/** What the input of a deletion must look like. */
import { reason, uuid, yesOrNo } from '#kernel/input/rules.ts';
import { ORIGIN, timing } from '#kernel/input/run.ts';
import { fields, optional, type Shape } from '#kernel/input/shape.ts';
import { DEFAULT_TIMING } from '#onboarding/contract/timing.ts';
import type { OrganizationDeletionParams } from '../contract.ts';

export const ORGANIZATION_DELETION_INPUT: Shape<OrganizationDeletionParams> =
  fields<OrganizationDeletionParams>({
    organizationId: uuid(),
    reason: reason(),
    cascade: optional(yesOrNo()),
    origin: ORIGIN,
    timing: timing(DEFAULT_TIMING),
  });
