/** The role `loopbacks`: the outer services where API and worker are told to look for them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '#config.ts';
import { freePort } from '#dev/embedded/freePort.ts';
import { createResolvers } from '#kernel/dns/resolvers.ts';
import { createAuthenticate } from '#kernel/http/auth.ts';
import { createDnsProvider } from '#onboarding/cloudflare/dnsProvider.ts';

const CACHE = path.resolve('.cache');
const ports = { supabase: 0, cloudflare: 0, dns: [0, 0], token: 0, pages: 0 };
let settings: Record<string, string>;
let folder: string;
let child: ChildProcess;

const spawnLoopbacks = (args: string[], env: Record<string, string>) =>
  spawn(process.execPath, ['dev/main.ts', 'loopbacks', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(CACHE, 'loopbacks-'));
  ports.supabase = await freePort();
  ports.cloudflare = await freePort();
  ports.dns = [await freePort(), await freePort()];
  ports.token = await freePort();
  ports.pages = await freePort();
  settings = {
    SUPABASE_URL: `http://localhost:${ports.supabase}`,
    SUPABASE_SERVICE_ROLE_KEY: 'a service key',
    CLOUDFLARE_API_TOKEN: 'a token',
    CLOUDFLARE_API_BASE_URL: `http://localhost:${ports.cloudflare}`,
    DNS_RESOLVERS: ports.dns.map((port) => `127.0.0.1:${port}`).join(','),
    DNS_TARGET: 'app.a4c.test',
    PLATFORM_BASE_DOMAIN: 'a4c.test',
  };
  child = spawnLoopbacks(
    [
      `--token-port=${ports.token}`,
      `--pages-port=${ports.pages}`,
      `--alert-routes=${path.join(folder, 'alertmanager.yml')}`,
    ],
    settings,
  );
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes('listen')) break;
  }
});
afterAll(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('the token it hands out is one that the API takes', async () => {
  const token = await fetch(`http://localhost:${ports.token}/token`);
  const authenticate = createAuthenticate({
    SUPABASE_URL: settings.SUPABASE_URL,
    SUPABASE_JWKS_URL: undefined,
    SUPABASE_JWKS_GRACE_MS: 3_600_000,
    SUPABASE_JWT_SECRET: undefined,
    JWT_ISSUER: undefined,
    JWT_AUDIENCE: 'authenticated',
  });
  const { permissions } = await authenticate(`Bearer ${await token.text()}`);
  expect(permissions).toEqual([{ p: 'platform.admin', s: '' }]);
});

test('a name that the worker creates is found at every resolver', async () => {
  const config = loadConfig('worker', {
    ...settings,
    DATABASE_URL: 'postgres://unused',
    PUBLIC_API_URL: 'http://localhost',
    FRONTEND_URL: 'http://localhost',
    INVITATION_TOKEN_SECRET: 'a secret of at least thirty-two characters',
    SMTP_HOST: 'localhost',
    MAIL_FROM: 'no-reply@a4c.test',
    SUPPORT_EMAIL: 'support@a4c.test',
  });
  const fqdn = 'sunrise.a4c.test';
  await createDnsProvider(config).ensureRecord({ orgId: 'org-1', fqdn });
  const answers = await createResolvers(config).check(fqdn, {
    target: config.DNS_TARGET,
    proxyRanges: config.CLOUDFLARE_PROXY_RANGES,
  });
  expect(answers.map(({ verdict }) => verdict)).toEqual(['found', 'found']);
});

test("every receiver of production's alert routes leads to the pages", async () => {
  const routes = parse(await readFile(path.join(folder, 'alertmanager.yml'), 'utf8'));
  const production = parse(await readFile('alerts/alertmanager.yml', 'utf8'));
  const names = ({ receivers }: { receivers: { name: string }[] }) =>
    receivers.map(({ name }) => name);
  expect(names(routes)).toEqual(names(production));
  for (const { webhook_configs } of routes.receivers) {
    expect(new URL(webhook_configs[0].url).host).toBe(`localhost:${ports.pages}`);
  }
  await fetch(routes.receivers[0].webhook_configs[0].url, {
    method: 'POST',
    body: JSON.stringify({ receiver: 'x', alerts: [{ status: 'firing', labels: { a: 'b' } }] }),
  });
  const pages = await fetch(`http://localhost:${ports.pages}`);
  expect(await pages.json()).toMatchObject([{ receiver: 'x', labels: { a: 'b' } }]);
});

test.each<[string, string[], Record<string, string>, string]>([
  ['an option', ['--pages-port=none'], {}, '--pages-port: there is no port none'],
  ['every setting', [], {}, 'DNS_RESOLVERS: required'],
  ['a resolver without a port', [], { DNS_RESOLVERS: '10.0.0.1' }, 'DNS_RESOLVERS: there is no'],
])('%s that cannot be is named, and it exits 1', async (_what, args, env, message) => {
  const wrong = spawnLoopbacks(args, 'DNS_RESOLVERS' in env ? { ...settings, ...env } : env);
  const [errors, [code]] = await Promise.all([text(wrong.stderr!), once(wrong, 'exit')]);
  expect(errors).toContain(message);
  expect(code).toBe(1);
});

test('it ends when it is told to', async () => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
