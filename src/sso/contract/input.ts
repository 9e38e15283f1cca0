/** What the inputs of the workflows on single sign-on must look like. */
import { domain, reason, uuid, verbatim, yesOrNo } from '#kernel/input/rules.ts';
import { label, ORIGIN, timing } from '#kernel/input/run.ts';
import { fields, list, optional, refined, type Shape } from '#kernel/input/shape.ts';
import {
  DEFAULT_SSO_TIMING,
  type GivenMetadata,
  type SsoConfigurationParams,
  type SsoDeactivationParams,
} from '../contract.ts';
import { MAX_METADATA_BYTES } from '../rules.ts';

export const MAX_DOMAINS = 50;
export const MAX_URL = 2048;

export const METADATA_XML = verbatim(MAX_METADATA_BYTES);

const METADATA = refined(
  fields<{ xml?: string; url?: string }>({
    xml: optional(METADATA_XML),
    url: optional(verbatim(MAX_URL)),
  }),
  ({ xml, url }) =>
    (xml === undefined) === (url === undefined)
      ? { path: [], message: 'must have either xml or url' }
      : undefined,
) as Shape<GivenMetadata>;

export const SSO_CONFIGURATION_INPUT: Shape<SsoConfigurationParams> =
  fields<SsoConfigurationParams>({
    organizationId: uuid(),
    configurationId: uuid(),
    metadata: METADATA,
    domains: optional(list(domain(), { min: 1, max: MAX_DOMAINS })),
    requesterEmail: optional(label()),
    origin: ORIGIN,
    timing: timing(DEFAULT_SSO_TIMING),
  });

export const SSO_DEACTIVATION_INPUT: Shape<SsoDeactivationParams> = fields<SsoDeactivationParams>({
  organizationId: uuid(),
  reason: reason(),
  requesterEmail: optional(label()),
  origin: ORIGIN,
  timing: timing(DEFAULT_SSO_TIMING),
});

/** The argument of the signal: a hash when the test passed, otherwise why it did not. */
export const TEST_VERDICT = refined(
  fields<{ passed: boolean; assertionHash?: string; type?: string; message?: string }>({
    passed: yesOrNo(),
    assertionHash: optional(label()),
    type: optional(label()),
    message: optional(label()),
  }),
  ({ passed, assertionHash, type, message }) =>
    (passed ? assertionHash : type && message)
      ? undefined
      : { path: [], message: 'must have a hash, or a type and a message' },
);
