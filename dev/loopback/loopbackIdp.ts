/** A SAML identity provider on loopback: real metadata, real signatures, and faults for tests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import Router from '@koa/router';
import Koa from 'koa';
import { createSamlKeys, type SamlKeys } from './samlCertificate.ts';
import { metadataXml, type ResponseValues, signedResponse } from './samlDocuments.ts';

export type IdpFault =
  | 'none'
  | 'wrong_signature'
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_audience'
  | 'wrong_recipient'
  | 'unsolicited'
  /** The response names our request, but the signed assertion does not. */
  | 'silent_assertion'
  /** Posts the previous response again. */
  | 'repeated';

export interface LoopbackIdp {
  url: string;
  entityId: string;
  metadataUrl: string;
  metadata(values?: Partial<Parameters<typeof metadataXml>[0]>): string;
  keys: SamlKeys;
  /** The account that logs in. */
  account: string;
  fault: IdpFault;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const MINUTE_MS = 60_000;

interface AuthnRequest {
  id: string;
  audience: string;
  acsUrl: string;
}

function readRequest(encoded: string): AuthnRequest {
  const xml = inflateRawSync(Buffer.from(encoded, 'base64')).toString('utf8');
  const attribute = (name: string) => new RegExp(`\\b${name}="([^"]+)"`).exec(xml)?.[1] ?? '';
  const audience = /<(?:\w+:)?Issuer[^>]*>([^<]+)</.exec(xml)?.[1] ?? '';
  return { id: attribute('ID'), acsUrl: attribute('AssertionConsumerServiceURL'), audience };
}

/** The values that a fault changes in an otherwise correct response. */
function wrongValues(fault: IdpFault): Partial<ResponseValues> {
  const now = Date.now();
  const changes: Partial<Record<IdpFault, Partial<ResponseValues>>> = {
    expired: { notBefore: now - 20 * MINUTE_MS, notOnOrAfter: now - 10 * MINUTE_MS },
    not_yet_valid: { notBefore: now + 10 * MINUTE_MS, notOnOrAfter: now + 20 * MINUTE_MS },
    wrong_audience: { audience: 'https://another-service.example/metadata' },
    wrong_recipient: { recipient: 'https://another-service.example/acs' },
    silent_assertion: { subjectInResponseTo: null },
    unsolicited: { inResponseTo: '_0000000000000000000000000000000000000000' },
  };
  return changes[fault] ?? {};
}

const form = (action: string, fields: Record<string, string>) =>
  `<!doctype html><form method="post" action="${action}">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    .join('')}</form><script>document.forms[0].submit()</script>`;

export async function startLoopbackIdp(): Promise<LoopbackIdp> {
  const keys = await createSamlKeys();
  const others = await createSamlKeys();
  let latest = '';

  function respond({ id, audience, acsUrl }: AuthnRequest): string {
    if (idp.fault === 'repeated') return latest;
    const values: ResponseValues = {
      issuer: idp.entityId,
      audience,
      recipient: acsUrl,
      inResponseTo: id,
      email: idp.account,
      notBefore: Date.now() - MINUTE_MS,
      notOnOrAfter: Date.now() + 5 * MINUTE_MS,
      ...wrongValues(idp.fault),
    };
    latest = signedResponse(values, idp.fault === 'wrong_signature' ? others : keys);
    return latest;
  }

  const page = (request: AuthnRequest, relayState: string) =>
    form(request.acsUrl, {
      SAMLResponse: Buffer.from(respond(request)).toString('base64'),
      RelayState: relayState,
    });

  const router = new Router();
  router.get('/metadata', (ctx) => {
    ctx.type = 'application/samlmetadata+xml';
    ctx.body = idp.metadata();
  });
  router.get('/sso', (ctx) => {
    const { SAMLRequest, RelayState = '' } = ctx.query as Record<string, string>;
    ctx.type = 'html';
    ctx.body = page(readRequest(SAMLRequest ?? ''), RelayState);
  });
  const app = new Koa();
  app.silent = true;
  app.use(router.routes());
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const entityId = `${url}/metadata`;

  const idp: LoopbackIdp = {
    url,
    entityId,
    metadataUrl: `${url}/metadata`,
    keys,
    account: 'sso-test@example.org',
    fault: 'none',
    metadata: (values) =>
      metadataXml({
        entityId: idp.entityId,
        ssoUrl: `${url}/sso`,
        certificates: [keys.der],
        ...values,
      }),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return idp;
}
