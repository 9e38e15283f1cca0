/** Outages of dependencies, on real connections: `dependency_up` tells them, and that they ended. */
import { beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import { startTcpProxy, type TcpProxy } from '#dev/loopback/tcpProxy.ts';
import { type Scrape, scrape } from '#support/http/scrape.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { useWorkers } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const workers = useWorkers(onboarding);

/** A way to a server that can be cut. */
const wayTo = (url: () => string): TcpProxy =>
  useStarted(
    () => startTcpProxy(new URL(url())),
    (proxy) => proxy.stop(),
  );

const ways = {
  database: wayTo(() => onboarding.workerEnv.DATABASE_URL!),
  temporal: wayTo(() => `http://${onboarding.workerEnv.TEMPORAL_ADDRESS}`),
  cloudflare: wayTo(() => onboarding.cloudflare.url),
  supabase_auth: wayTo(() => onboarding.supabase.url),
  mail: wayTo(() => `http://127.0.0.1:${onboarding.smtp.port}`),
};
const OFTEN = { DEPENDENCY_CHECK_INTERVAL_SECONDS: '0.1', PROVIDER_CHECK_INTERVAL_SECONDS: '0.1' };

const up = async (url: string, dependency: string, seen?: Scrape) =>
  (seen ?? (await scrape(url))).value('dependency_up', { dependency });
const WAIT = { timeout: 30_000, interval: 100 };

describe('the worker', () => {
  let url: string;
  const through = (address: string, { port }: TcpProxy) =>
    Object.assign(new URL(address), { port: String(port) }).href;

  beforeAll(async () => {
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}`;
    await workers.spawn({
      ...OFTEN,
      HEALTH_CHECK_PORT: port,
      DATABASE_URL: through(onboarding.workerEnv.DATABASE_URL!, ways.database),
      TEMPORAL_ADDRESS: `127.0.0.1:${ways.temporal.port}`,
      CLOUDFLARE_API_BASE_URL: through(onboarding.cloudflare.url, ways.cloudflare),
      SUPABASE_URL: through(onboarding.supabase.url, ways.supabase_auth).replace(/\/$/, ''),
      SMTP_PORT: String(ways.mail.port),
    });
  });

  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    'tells that %s is gone, and that it is back',
    async (dependency) => {
      await expect.poll(() => up(url, dependency), WAIT).toBe(1);
      await ways[dependency].close();
      await expect.poll(() => up(url, dependency), WAIT).toBe(0);
      await ways[dependency].open();
      await expect.poll(() => up(url, dependency), WAIT).toBe(1);
    },
  );

  test.each(['cloudflare', 'supabase_auth', 'mail'] as const)(
    'tells that %s hangs, and answers a scrape before it would',
    async (dependency) => {
      await expect.poll(() => up(url, dependency), WAIT).toBe(1);
      ways[dependency].blackHole();
      await expect.poll(() => up(url, dependency), WAIT).toBe(0);
      ways[dependency].heal();
      ways[dependency].cut();
      await expect.poll(() => up(url, dependency), WAIT).toBe(1);
    },
  );

  test('tells that Cloudflare refuses the token, although it answers', async () => {
    onboarding.cloudflare.fail({ status: 403, code: 9109, times: 1e9 });
    await expect.poll(() => up(url, 'cloudflare'), WAIT).toBe(0);
    onboarding.heal();
    await expect.poll(() => up(url, 'cloudflare'), WAIT).toBe(1);
  });

  test('makes nothing at the providers, and leaves no secret in its log', async () => {
    expect(onboarding.cloudflare.requests.filter((one) => !one.startsWith('GET'))).toEqual([]);
    expect(onboarding.smtp.mails).toEqual([]);
  });
});

describe('the API, started while the keys of tokens cannot be fetched', () => {
  const keys = useStarted(async () => {
    const proxy = await startTcpProxy(new URL(onboarding.supabase.url));
    await proxy.close();
    return proxy;
  });
  const api = useApi(onboarding, {
    ...OFTEN,
    get SUPABASE_JWKS_URL() {
      return `http://127.0.0.1:${keys.port}/auth/v1/.well-known/jwks.json`;
    },
  });

  test('tells it, answers 503 and stays ready; and asks again by itself', async () => {
    await expect.poll(() => up(api.url, 'supabase_keys'), WAIT).toBe(0);
    expect((await api.call('GET', '/ready')).status).toBe(200);
    expect((await api.call('GET', '/api/v1/organizations/none')).status).toBe(503);
    await keys.open();
    await expect.poll(() => up(api.url, 'supabase_keys'), WAIT).toBe(1);
    await keys.stop();
  });

  test('knows database, Temporal and its search attributes', async () => {
    for (const dependency of ['database', 'temporal', 'search_attributes']) {
      await expect.poll(() => up(api.url, dependency), WAIT).toBe(1);
    }
    const { value } = await scrape(api.url);
    expect(value('search_attribute_missing', { attribute: 'org_id' })).toBe(0);
  });
});
