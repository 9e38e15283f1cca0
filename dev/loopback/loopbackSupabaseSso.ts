/** The admin API of the loopback Supabase Auth for SAML providers. */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import { isLoopbackHost } from '#sso/saml/loopbackHost.ts';

export interface AuthSsoProvider {
  id: string;
  saml: {
    entity_id: string;
    metadata_xml: string;
    metadata_url?: string;
    attribute_mapping: { keys?: Record<string, unknown> };
    name_id_format?: string;
  };
  domains: { domain: string }[];
  created_at: string;
}

export interface SsoFault {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Responds with this status and does not do the work. */
  status?: number;
  errorCode?: string;
  /** Never responds; `before` does not do the work, `after` does it. */
  hang?: 'before' | 'after';
  /** Applies only to calls about this entity id. */
  entityId?: string;
  /** The number of calls that it affects; by default all. */
  times?: number;
}

export interface LoopbackSso {
  routes: Router;
  providers: AuthSsoProvider[];
  fail(fault: SsoFault): void;
  clearFaults(): void;
  /** Methods of calls that got no response. */
  hanging: string[];
}

const PREFIX = '/auth/v1/admin/sso/providers';

interface Params {
  metadata_xml?: string;
  metadata_url?: string;
  domains?: string[];
  attribute_mapping?: AuthSsoProvider['saml']['attribute_mapping'];
  name_id_format?: string;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const entityIdOf = (xml = ''): string => {
  const [, id] = /\bentityID="([^"]+)"/.exec(xml) ?? [];
  if (id) return id;
  throw new Refusal(400, 'validation_failed');
};

/**
 * The metadata of a call. Supabase Auth fetches an address itself, and only over https; on loopback
 * there are no certificates, so http is accepted there.
 */
async function metadataOf({ metadata_xml, metadata_url }: Params): Promise<string | undefined> {
  if (!metadata_url) return metadata_xml || undefined;
  if (metadata_xml) throw new Refusal(400, 'validation_failed');
  const { protocol, hostname } = new URL(metadata_url);
  if (protocol !== 'https:' && !isLoopbackHost(hostname))
    throw new Refusal(400, 'validation_failed');
  const response = await fetch(metadata_url);
  if (response.status !== 200) throw new Refusal(400, 'saml_metadata_fetch_failed');
  return response.text();
}

export function createLoopbackSso(): LoopbackSso {
  const providers: AuthSsoProvider[] = [];
  const hanging: string[] = [];
  let faults: SsoFault[] = [];
  const paramsOf = (ctx: Context) => (ctx.request as { body?: Params }).body ?? {};
  const forever = (ctx: Context) => {
    hanging.push(ctx.method);
    return new Promise(() => {});
  };

  function byId(id: string | undefined): AuthSsoProvider {
    const provider = providers.find((one) => one.id === id);
    if (provider) return provider;
    throw new Refusal(404, 'sso_provider_not_found');
  }

  function requireFreeDomains(domains: string[], id?: string): void {
    const taken = providers.some(
      (one) => one.id !== id && one.domains.some(({ domain }) => domains.includes(domain)),
    );
    if (taken) throw new Refusal(400, 'sso_domain_already_exists');
  }

  /** The entity id of a call: of the provider in its path, or of the metadata in its body. */
  const subjectOf = (ctx: Context): string | undefined =>
    providers.find(({ id }) => ctx.path.endsWith(id))?.saml.entity_id ??
    /\bentityID="([^"]+)"/.exec(paramsOf(ctx).metadata_xml ?? '')?.[1];

  function takeFault(ctx: Context): SsoFault | undefined {
    const fault = faults.find(
      ({ method, times, entityId }) =>
        method === ctx.method &&
        times !== 0 &&
        (entityId === undefined || entityId === subjectOf(ctx)),
    );
    if (fault?.times) fault.times--;
    return fault;
  }

  const routes = new Router();
  routes.use(async (ctx, next) => {
    const fault = takeFault(ctx);
    try {
      if (fault?.status) throw new Refusal(fault.status, fault.errorCode ?? 'injected');
      if (fault?.hang === 'before') await forever(ctx);
      await next();
      if (fault?.hang === 'after') await forever(ctx);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ctx.status = error.status;
      ctx.body = { code: error.status, error_code: error.code, msg: error.code };
    }
  });

  routes.get(PREFIX, (ctx) => {
    ctx.body = {
      items: providers.map((one) => ({ ...one, saml: { ...one.saml, metadata_xml: '' } })),
    };
  });

  routes.post(PREFIX, async (ctx) => {
    const { metadata_url, domains = [], attribute_mapping = {} } = paramsOf(ctx);
    const metadata_xml = (await metadataOf(paramsOf(ctx))) ?? '';
    const entity_id = entityIdOf(metadata_xml);
    if (providers.some(({ saml }) => saml.entity_id === entity_id)) {
      throw new Refusal(422, 'saml_idp_already_exists');
    }
    requireFreeDomains(domains);
    const provider: AuthSsoProvider = {
      id: randomUUID(),
      saml: { entity_id, metadata_xml, ...(metadata_url && { metadata_url }), attribute_mapping },
      domains: domains.map((domain) => ({ domain })),
      created_at: new Date().toISOString(),
    };
    providers.push(provider);
    ctx.status = 201;
    ctx.body = provider;
  });

  routes.get(`${PREFIX}/:id`, (ctx) => {
    ctx.body = byId(ctx.params.id);
  });

  routes.put(`${PREFIX}/:id`, async (ctx) => {
    const provider = byId(ctx.params.id);
    const { metadata_url, domains, attribute_mapping, name_id_format } = paramsOf(ctx);
    const metadata_xml = await metadataOf(paramsOf(ctx));
    if (metadata_xml && entityIdOf(metadata_xml) !== provider.saml.entity_id) {
      throw new Refusal(400, 'saml_entity_id_mismatch');
    }
    if (domains) requireFreeDomains(domains, provider.id);
    if (metadata_xml) provider.saml.metadata_xml = metadata_xml;
    if (domains) provider.domains = domains.map((domain) => ({ domain }));
    // As in Supabase Auth: an update cannot clear the address, and clears the format when it
    // leaves it out.
    if (metadata_url) provider.saml.metadata_url = metadata_url;
    if (attribute_mapping?.keys) provider.saml.attribute_mapping = attribute_mapping;
    if (name_id_format) provider.saml.name_id_format = name_id_format;
    else delete provider.saml.name_id_format;
    ctx.body = provider;
  });

  routes.delete(`${PREFIX}/:id`, (ctx) => {
    const provider = byId(ctx.params.id);
    providers.splice(providers.indexOf(provider), 1);
    ctx.body = provider;
  });

  return {
    routes,
    providers,
    hanging,
    fail: (fault) => faults.push(fault),
    clearFaults() {
      faults = [];
    },
  };
}
