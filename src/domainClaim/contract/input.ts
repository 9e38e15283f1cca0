/** What the input of a domain's claim must look like. */
import { domain, text, uuid } from '#kernel/input/rules.ts';
import { ORIGIN, timing } from '#kernel/input/run.ts';
import { fields, type Shape } from '#kernel/input/shape.ts';
import { DEFAULT_DOMAIN_TIMING, type DomainVerificationParams } from '../contract.ts';

export const DOMAIN_VERIFICATION_INPUT: Shape<DomainVerificationParams> =
  fields<DomainVerificationParams>({
    organizationId: uuid(),
    claimId: uuid(),
    domain: domain(),
    challenge: text(200),
    origin: ORIGIN,
    timing: timing(DEFAULT_DOMAIN_TIMING),
  });
