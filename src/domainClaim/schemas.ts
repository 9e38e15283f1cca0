/** Request and response schemas of the routes on claimed domains. */
import { z } from 'zod';
import { DOMAIN_STATUSES } from './contract.ts';

const MAX_DOMAIN = 253;

export const domain = z
  .string()
  .min(4)
  .max(MAX_DOMAIN)
  .regex(/^[^\s/@:?#]+$/, 'must be a domain name such as example.org');

export const domainBody = z
  .strictObject({ domain })
  .meta({ id: 'DomainClaimRequest', example: { domain: 'example.org' } });

export const claimedDomain = z
  .object({
    claimId: z.string(),
    domain: z.string(),
    status: z.enum(DOMAIN_STATUSES),
    reason: z.string().nullable(),
    challenge: z
      .object({ type: z.literal('TXT'), name: z.string(), value: z.string() })
      .describe('The DNS record that proves the domain'),
    workflowId: z.string().nullable(),
    claimedAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'ClaimedDomain' });

export type ClaimedDomainBody = z.infer<typeof claimedDomain>;

export const domainList = z
  .object({ domains: z.array(claimedDomain) })
  .meta({ id: 'ClaimedDomainList' });
