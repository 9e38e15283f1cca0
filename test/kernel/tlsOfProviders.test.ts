/** What an operator reads when a provider's certificate is not trusted. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccountProvider } from '#membership/provider.ts';
import { createDnsProvider } from '#onboarding/cloudflare/dnsProvider.ts';
import { createSsoProvider } from '#sso/provider.ts';
import { listen } from '#support/http/listen.ts';

let server: Server;
let url: string;

beforeAll(async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'nobody' }]);
  server = createServer({ key, cert });
  const { port } = await listen(server);
  url = `https://127.0.0.1:${port}`;
});
afterAll(() => void server.close());

const orgId = randomUUID();
const supabase = () => ({ SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: 'a key' });
const cloudflare = () =>
  createDnsProvider({
    CLOUDFLARE_API_TOKEN: 'a token',
    CLOUDFLARE_API_BASE_URL: url,
    CLOUDFLARE_ZONE_ID: undefined,
    PLATFORM_BASE_DOMAIN: 'example.com',
    DNS_TARGET: 'app.example.net',
    DNS_PROXIED: true,
  });
const person = { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron' };

test.each([
  ['Cloudflare', () => cloudflare().ensureRecord({ orgId, fqdn: 'sunrise.example.com' })],
  ['Supabase Auth', () => createAccountProvider(supabase()).ensure(person, 'i-a')],
  [
    'Supabase Auth',
    () =>
      createSsoProvider(supabase()).find({
        orgId,
        entityId: 'https://idp.example/entity',
        verifiedDomains: [],
      }),
  ],
])('%s: a certificate that nobody has signed', async (name, call) => {
  await expect(call()).rejects.toMatchObject({
    kind: 'transport',
    message: `${name}’s TLS failed: its certificate is signed by nobody we trust: set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority`,
  });
});
