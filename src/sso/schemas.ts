/** Request and response schemas of the routes on single sign-on. */
import { z } from 'zod';
import { domain } from '#domainClaim/schemas.ts';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { NO_REASON, reason } from '#kernel/input/rules.ts';
import { MAX_DOMAINS, MAX_URL, METADATA_XML } from './contract/input.ts';
import { SSO_STATUSES } from './rules.ts';

const domains = z.array(domain).min(1).max(MAX_DOMAINS);

const optionalDomains = domains
  .optional()
  .describe('Which of the verified domains to activate for; all of them when left out.');

export const ssoBody = z
  .union([
    z.strictObject({
      metadataXml: schemaOf(METADATA_XML),
      domains: optionalDomains,
    }),
    z.strictObject({
      metadataUrl: z.url({ protocol: /^https?$/ }).max(MAX_URL),
      domains: optionalDomains,
    }),
  ])
  .meta({
    id: 'SsoConfigurationRequest',
    description: 'SAML 2.0 metadata of the identity provider, or the https address that has it.',
    example: { metadataUrl: 'https://idp.example.org/metadata' },
  });

export const ssoDeactivationBody = z
  .strictObject({
    reason: schemaOf(reason()).default(NO_REASON),
  })
  .meta({ id: 'SsoDeactivationRequest' });

export const ssoAccepted = z
  .object({
    workflowId: z.string(),
    organizationId: z.string(),
    configurationId: z.string().optional(),
    correlationId: z.string(),
    status: z.enum(['started', 'cancelling']),
  })
  .meta({ id: 'AcceptedSso' });

const configuration = z
  .object({
    configurationId: z.string(),
    status: z.enum(SSO_STATUSES),
    entityId: z.string().nullable(),
    ssoUrl: z.string().nullable(),
    certificates: z.array(
      z.object({ fingerprint: z.string(), notBefore: z.string(), notAfter: z.string() }),
    ),
    providerId: z.string().nullable(),
    domains: z.array(z.string()),
    warnings: z.array(z.string()),
    testExpiresAt: z.string().nullable(),
    failureStage: z.string().nullable(),
    failureType: z.string().nullable(),
    error: z.string().nullable(),
    correlationId: z.string().nullable(),
    createdAt: z.string(),
    activatedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'SsoConfiguration' });

export type SsoConfigurationBody = z.infer<typeof configuration>;

export const ssoStatus = z
  .object({
    active: configuration.nullable().describe('The one that people log in with'),
    latest: configuration.nullable().describe('The last one that was asked for'),
  })
  .meta({ id: 'SsoStatus' });

export const testVerdict = z
  .object({ status: z.literal('received') })
  .meta({ id: 'SsoTestVerdict' });

/** The token in the link of the test: 256 bits, base64url. */
export const testToken = z.string().regex(/^[\w-]{43}$/);

export const callbackForm = z
  .object({ SAMLResponse: z.string().min(1), RelayState: testToken })
  .meta({ id: 'SsoTestResponse' });
