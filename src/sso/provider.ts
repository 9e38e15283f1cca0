/**
 * SAML providers at Supabase Auth, through its admin API (supabase/auth, internal/api/ssoadmin.go;
 * the official client does not support it). The owner is stored in the provider, as the default
 * value of a mapped attribute: users who log in through it get their organization's id.
 */
import { z } from 'zod';
import { type ObserveCall, observedFetch, unobserved } from '#kernel/outbound/calls.ts';
import { retryAfterMs } from '#kernel/outbound/retryAfter.ts';
import { supabaseSilence } from '#kernel/outbound/supabaseSilence.ts';
import { ProviderError } from '#kernel/providerError.ts';
import type { FormerProvider, MetadataSource } from './contract.ts';
import { SSO_PROVIDER_FAILURE } from './rules.ts';
import type { SsoWorkerConfig } from './settings.ts';

type SsoConfig = Pick<SsoWorkerConfig, 'SUPABASE_URL' | 'SUPABASE_SERVICE_ROLE_KEY'>;

export interface SsoProvider {
  /**
   * The provider that a configuration of this entity id would change; null when it would create
   * one. A provider made by hand is taken over when all of its domains belong to the organization.
   * @throws ProviderError conflict when the entity id belongs to another owner, or the organization
   *   has a provider with another entity id.
   */
  find(what: {
    orgId: string;
    entityId: string;
    verifiedDomains: string[];
  }): Promise<FormerProvider | null>;
  /**
   * Creates the provider without domains, or sets new metadata on `former`. @returns its id.
   * @throws ProviderError conflict for XML where `former` has an address: Supabase Auth cannot
   *   forget it, and would replace the XML by what stands there within a day.
   */
  configure(what: {
    orgId: string;
    entityId: string;
    metadataXml: string;
    source?: MetadataSource;
    former: FormerProvider | null;
  }): Promise<string>;
  /**
   * Sets the domains whose addresses log in through the provider, and the address from which
   * Supabase Auth reads the metadata from now on.
   */
  activate(providerId: string, domains: string[], metadataUrl?: string): Promise<void>;
  /**
   * Restores a provider to its former state.
   * @throws ProviderError rejected when it has got an address of metadata, which cannot be removed.
   */
  restore(former: FormerProvider): Promise<void>;
  /** Deletes every provider of the organization. @returns their ids. */
  remove(orgId: string): Promise<string[]>;
}

const OWNER_KEY = 'a4c_org_id';
const TIMEOUT_MS = 15_000;
const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const METADATA_UNREACHABLE = 'saml_metadata_fetch_failed';
const CONFLICTS = new Set([
  'saml_idp_already_exists',
  'sso_domain_already_exists',
  'saml_entity_id_mismatch',
  'conflict',
]);

const MAPPING = z.looseObject({ keys: z.record(z.string(), z.unknown()).nullish() });
const PROVIDER = z.object({
  id: z.string(),
  saml: z.object({
    entity_id: z.string(),
    metadata_xml: z.string().nullish(),
    metadata_url: z.string().nullish(),
    attribute_mapping: MAPPING.nullish(),
    name_id_format: z.string().nullish(),
  }),
  domains: z.array(z.object({ domain: z.string() })).nullish(),
});
type Provider = z.infer<typeof PROVIDER>;
const LIST = z.object({ items: z.array(PROVIDER).nullish() });
const REFUSAL = z.object({ error_code: z.string().regex(/^\w+$/) });

const mappingOf = ({ saml }: Provider): FormerProvider['attributeMapping'] => ({
  keys: saml.attribute_mapping?.keys ?? {},
});
const ownerOf = (provider: Provider): string | undefined => {
  const mark = mappingOf(provider).keys?.[OWNER_KEY] as { default?: unknown } | undefined;
  return typeof mark?.default === 'string' ? mark.default : undefined;
};
const domainsOf = ({ domains }: Provider): string[] => (domains ?? []).map(({ domain }) => domain);

const ownedMapping = (orgId: string, mapping: FormerProvider['attributeMapping'] = {}) => ({
  keys: { ...mapping.keys, [OWNER_KEY]: { default: orgId } },
});

const formerOf = (provider: Provider): FormerProvider => ({
  id: provider.id,
  metadataXml: provider.saml.metadata_xml ?? '',
  metadataUrl: provider.saml.metadata_url ?? null,
  domains: domainsOf(provider),
  attributeMapping: mappingOf(provider),
  nameIdFormat: provider.saml.name_id_format ?? null,
});

const conflict = (message: string) => new ProviderError(SSO_PROVIDER_FAILURE, 'conflict', message);

/** Uses only status and code, because the texts contain domains and entity ids. */
async function toProviderError(response: Response): Promise<ProviderError> {
  const { status } = response;
  const refusal = REFUSAL.safeParse(await response.json().catch(() => undefined));
  const code = refusal.success ? refusal.data.error_code : 'unknown';
  const message = `Supabase Auth answered ${status} (${code})`;
  if (status === TOO_MANY_REQUESTS) {
    return new ProviderError(SSO_PROVIDER_FAILURE, 'rate_limited', message, {
      status,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    });
  }
  if (CONFLICTS.has(code))
    return new ProviderError(SSO_PROVIDER_FAILURE, 'conflict', message, { status });
  if (status === 401 || status === 403)
    return new ProviderError(SSO_PROVIDER_FAILURE, 'unauthorized', message, { status });
  // Supabase Auth does not tell whether metadata that it could not fetch are gone or only away.
  if (code === METADATA_UNREACHABLE)
    return new ProviderError(SSO_PROVIDER_FAILURE, 'unexpected', message, { status });
  const later = status >= SERVER_ERROR;
  return new ProviderError(SSO_PROVIDER_FAILURE, later ? 'unavailable' : 'rejected', message, {
    status,
  });
}

/** One call of the admin API; undefined when the provider does not exist. */
function createCall(
  { SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY: key }: SsoConfig,
  observe: ObserveCall,
) {
  const send = observedFetch(observe, 'supabase_auth', [NOT_FOUND]);
  const base = `${SUPABASE_URL.replace(/\/$/, '')}/auth/v1/admin/sso/providers`;
  return async function call<S extends z.ZodType>(
    schema: S,
    method: string,
    path = '',
    body?: object,
  ): Promise<z.infer<S> | undefined> {
    const response = await send(base + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        apikey: key,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error) => {
      throw new ProviderError(SSO_PROVIDER_FAILURE, 'transport', supabaseSilence(error));
    });
    if (response.status === NOT_FOUND) return undefined;
    if (!response.ok) throw await toProviderError(response);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new ProviderError(
      SSO_PROVIDER_FAILURE,
      'unavailable',
      'Supabase Auth answered what it should not',
    );
  };
}

/** An update clears the format when it leaves it out. */
const settingsOf = (former: FormerProvider) => ({
  attribute_mapping: former.attributeMapping,
  name_id_format: former.nameIdFormat ?? '',
});

const gone = () =>
  new ProviderError(SSO_PROVIDER_FAILURE, 'rejected', 'the provider is not there any more');

/** @param observe told of each call. */
export function createSsoProvider(
  config: SsoConfig,
  observe: ObserveCall = unobserved,
): SsoProvider {
  const call = createCall(config, observe);
  const list = async () => (await call(LIST, 'GET'))?.items ?? [];

  /** The list does not contain the metadata. */
  async function get(id: string): Promise<FormerProvider | undefined> {
    const provider = await call(PROVIDER, 'GET', `/${id}`);
    return provider && formerOf(provider);
  }

  async function update(id: string, body: object): Promise<void> {
    if (!(await call(PROVIDER, 'PUT', `/${id}`, body))) throw gone();
  }

  async function present(id: string): Promise<FormerProvider> {
    const provider = await get(id);
    if (provider) return provider;
    throw gone();
  }

  async function create(orgId: string, entityId: string, metadataXml: string): Promise<string> {
    // An earlier attempt may have created it without getting the response.
    const made = (await list()).find(
      (one) => one.saml.entity_id === entityId && ownerOf(one) === orgId,
    );
    if (made) return made.id;
    const created = await call(PROVIDER, 'POST', '', {
      type: 'saml',
      metadata_xml: metadataXml,
      domains: [],
      attribute_mapping: ownedMapping(orgId),
    });
    if (created) return created.id;
    throw new ProviderError(
      SSO_PROVIDER_FAILURE,
      'rejected',
      'SAML is not enabled at Supabase Auth',
    );
  }

  return {
    async find({ orgId, entityId, verifiedDomains }) {
      const providers = await list();
      const same = providers.find(({ saml }) => saml.entity_id === entityId);
      if (!same) {
        if (!providers.some((one) => ownerOf(one) === orgId)) return null;
        throw conflict('the organization has another identity provider: deactivate it first');
      }
      const owner = ownerOf(same);
      const domains = domainsOf(same);
      const adoptable =
        owner === undefined &&
        domains.length > 0 &&
        domains.every((domain) => verifiedDomains.includes(domain));
      if (owner === orgId || adoptable) return (await get(same.id)) ?? null;
      throw conflict('this identity provider is configured already, and not by the organization');
    },

    async configure({ orgId, entityId, metadataXml, source, former }) {
      if (!former) return create(orgId, entityId, metadataXml);
      if (former.metadataUrl && source === 'xml') {
        throw conflict(
          'Supabase Auth reads the metadata of this provider from an address: give the address, or deactivate single sign-on first',
        );
      }
      await update(former.id, {
        metadata_xml: metadataXml,
        ...settingsOf({
          ...former,
          attributeMapping: ownedMapping(orgId, former.attributeMapping),
        }),
      });
      return former.id;
    },

    async activate(providerId, domains, metadataUrl) {
      const settings = settingsOf(await present(providerId));
      const address = metadataUrl && { metadata_url: metadataUrl };
      await update(providerId, { ...address, ...settings, domains });
    },

    async restore(former) {
      const { id, metadataXml: metadata_xml, domains } = former;
      await update(id, { metadata_xml, ...settingsOf(former), domains });
      const metadataUrl = (await present(id)).metadataUrl ?? null;
      if (metadataUrl === (former.metadataUrl ?? null)) return;
      if (former.metadataUrl) {
        await update(id, { metadata_url: former.metadataUrl, ...settingsOf(former) });
        return;
      }
      throw new ProviderError(
        SSO_PROVIDER_FAILURE,
        'rejected',
        'Supabase Auth keeps the address of the metadata: remove it there by hand',
      );
    },

    async remove(orgId) {
      const owned = (await list()).filter((one) => ownerOf(one) === orgId);
      for (const { id } of owned) await call(PROVIDER, 'DELETE', `/${id}`);
      return owned.map(({ id }) => id);
    },
  };
}
