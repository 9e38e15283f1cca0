import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const API = {
  DATABASE_URL: 'postgres://u:hunter2@localhost/a4c',
  PLATFORM_BASE_DOMAIN: 'example.com',
  SUPABASE_URL: 'https://project.supabase.co',
};
const WORKER = {
  ...API,
  CLOUDFLARE_API_TOKEN: 'token',
  DNS_TARGET: 'app.example.net',
  SUPABASE_SERVICE_ROLE_KEY: 'service-key',
  PUBLIC_API_URL: 'https://api.example.com',
  FRONTEND_URL: 'https://app.example.com',
  INVITATION_TOKEN_SECRET: 'x'.repeat(32),
  SMTP_HOST: 'localhost',
  MAIL_FROM: 'no-reply@example.com',
  SUPPORT_EMAIL: 'support@example.com',
};

const problemsOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
};

test('defaults are five minutes of propagation, three resolvers, and milliseconds from seconds', () => {
  const api = loadConfig('api', API);
  expect(api).toMatchObject({
    PORT: 3000,
    ENABLE_ORG_BOOTSTRAP: true,
    DNS_PROPAGATION_WAIT_MS: 300_000,
    DNS_VERIFICATION_BACKOFF_MS: [10_000, 20_000, 40_000, 80_000, 160_000, 300_000],
    TEMPORAL_TASK_QUEUE: 'bootstrap',
    CORS_ORIGINS: [],
  });
  expect(loadConfig('worker', WORKER).DNS_RESOLVERS).toEqual([
    '8.8.8.8',
    '1.1.1.1',
    '208.67.222.222',
  ]);
});

test("lists every problem at once, by the setting's name and without its value", () => {
  const message = problemsOf(() =>
    loadConfig('worker', {
      DATABASE_URL: 'mysql://u:hunter2@localhost/a4c',
      INVITATION_TOKEN_SECRET: 'too short',
      HEALTH_CHECK_PORT: 'ninety',
      SMTP_HOST: 'localhost',
    }),
  );
  for (const name of [
    'DATABASE_URL',
    'INVITATION_TOKEN_SECRET',
    'HEALTH_CHECK_PORT',
    'PLATFORM_BASE_DOMAIN: required',
    'CLOUDFLARE_API_TOKEN: required',
    'MAIL_FROM: required',
  ]) {
    expect(message).toContain(name);
  }
  expect(message).not.toContain('hunter2');
  expect(message).not.toContain('too short');
});

test('requires a way to verify tokens, and a mail server', () => {
  expect(problemsOf(() => loadConfig('api', { ...API, SUPABASE_URL: '' }))).toContain(
    'SUPABASE_URL',
  );
  expect(problemsOf(() => loadConfig('worker', { ...WORKER, SMTP_HOST: '' }))).toContain(
    'SMTP_HOST',
  );
  const resend = { ...WORKER, SMTP_HOST: '', EMAIL_PROVIDER: 'resend' };
  expect(problemsOf(() => loadConfig('worker', resend))).toContain('RESEND_API_KEY');
});

test('requires a build id for a versioned worker', () => {
  const versioned = { ...WORKER, WORKER_DEPLOYMENT_NAME: 'a4c-workflows' };
  expect(problemsOf(() => loadConfig('worker', versioned))).toContain('BUILD_REVISION');
  expect(loadConfig('worker', { ...versioned, BUILD_REVISION: 'v1.0.0' })).toMatchObject({
    WORKER_DEPLOYMENT_NAME: 'a4c-workflows',
  });
  // The server joins name and build id with a dot or a colon.
  const dotted = { ...versioned, BUILD_REVISION: 'v1', WORKER_DEPLOYMENT_NAME: 'a4c.workflows' };
  expect(problemsOf(() => loadConfig('worker', dotted))).toContain('WORKER_DEPLOYMENT_NAME');
});

test('reads roles with the permissions that are needed to grant them', () => {
  const GRANTABLE_ROLES = 'viewer, keeper=user.invite+organization.delete';
  expect([...loadConfig('api', { ...API, GRANTABLE_ROLES }).GRANTABLE_ROLES]).toEqual([
    ['viewer', []],
    ['keeper', ['user.invite', 'organization.delete']],
  ]);
  expect([...loadConfig('api', API).GRANTABLE_ROLES.keys()]).toContain('provider_admin');
});

test.each([
  ['DNS_PROPAGATION_WAIT_SECONDS', '1801'],
  ['DNS_VERIFICATION_BACKOFF_SECONDS', '10,soon'],
  ['ENABLE_ORG_BOOTSTRAP', 'maybe'],
  ['PORT', '70000'],
  ['ACTIVITY_RETRY_INITIAL_SECONDS', '0'],
  ['ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS', '0'],
  ['COMPENSATION_LIMIT_SECONDS', '0'],
  ['HEALTH_INTERVAL_SECONDS', '0'],
  ['REQUEST_TIMEOUT_SECONDS', '0'],
  ['RECONCILE_INTERVAL_SECONDS', '0'],
  ['INVITATION_TTL_SECONDS', '0'],
  ['CORS_ORIGINS', 'foo'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'null'],
  ['CORS_ORIGINS', 'https://app.example.com/'],
  ['CORS_ORIGINS', 'https://app.example.com,app.example.com'],
  ['SUPABASE_URL', 'javascript:alert(1)'],
  ['TEMPORAL_ADDRESS', 'localhost'],
  ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
  ['GRANTABLE_ROLES', ','],
  ['GRANTABLE_ROLES', 'viewer,admin=everything'],
  ['GRANTABLE_ROLES', 'viewer,a role'],
  ['GRANTABLE_ROLES', 'viewer,admin=user.invite+'],
])('refuses %s=%s', (name, value) => {
  expect(problemsOf(() => loadConfig('api', { ...API, [name]: value }))).toContain(name);
});

test.each([
  ['DNS_RESOLVER_TIMEOUT_SECONDS', '0'],
  ['MEMBERSHIP_SYNC_INTERVAL_SECONDS', '0'],
  ['SMTP_DATA_TIMEOUT_SECONDS', '0'],
  ['DNS_RESOLVERS', 'dns.google'],
  ['DNS_TARGET', 'https://app.example.net'],
  ['FRONTEND_URL', 'ftp://app.example.com'],
  ['MAIL_FROM', 'somebody'],
])('the worker refuses %s=%s', (name, value) => {
  expect(problemsOf(() => loadConfig('worker', { ...WORKER, [name]: value }))).toContain(name);
});

test('a blank value is an absent one, and no zero', () => {
  expect(loadConfig('api', { ...API, INVITATION_RESENDS_PER_DAY: ' ' })).toMatchObject({
    INVITATION_RESENDS_PER_DAY: 10,
  });
  expect(problemsOf(() => loadConfig('api', { ...API, SUPABASE_URL: ' ' }))).toContain(
    'SUPABASE_URL',
  );
});

test.each(['http://localhost:5173', 'https://app.example.com, https://admin.example.com:8443'])(
  'takes the origins %s',
  (CORS_ORIGINS) => {
    expect(loadConfig('api', { ...API, CORS_ORIGINS }).CORS_ORIGINS).toEqual(
      CORS_ORIGINS.split(', '),
    );
  },
);

test.each(['p@:/%?#', 'p#w', 'p?w@x', '12/w', 'p%w', 'p/w'])(
  'refuses the raw password %s in DATABASE_URL, and tells how to write it',
  (password) => {
    const load = (secret: string) =>
      loadConfig('api', { ...API, DATABASE_URL: `postgres://app:${secret}@localhost:5432/a4c` });
    const message = problemsOf(() => load(password));
    expect(message).toMatch(/DATABASE_URL: .*@ as %40, : as %3A, \/ as %2F, % as %25/);
    expect(message).not.toContain(password);
    expect(new URL(load(encodeURIComponent(password)).DATABASE_URL).password).toBe(
      encodeURIComponent(password),
    );
  },
);

test.each([
  'postgres:///a4c?host=/var/run/postgresql',
  'postgresql://app@localhost/a4c?sslmode=verify-full&sslrootcert=/etc/ca.pem',
])('takes the connection string %s', (url) => {
  expect(loadConfig('api', { ...API, DATABASE_URL: url }).DATABASE_URL).toBe(url);
});

test('refuses TRUST_PROXY and names the setting that replaced it', () => {
  const message = problemsOf(() => loadConfig('api', { ...API, TRUST_PROXY: 'true' }));
  expect(message).toContain('TRUST_PROXY: was replaced: set TRUSTED_PROXY_HOPS');
  expect(loadConfig('api', API).TRUSTED_PROXY_HOPS).toBe(0);
  expect(loadConfig('api', { ...API, TRUSTED_PROXY_HOPS: '2' }).TRUSTED_PROXY_HOPS).toBe(2);
});

test('a canary that is switched on needs an account and an address, and one that is off nothing', () => {
  expect(loadConfig('api', API)).toMatchObject({
    CANARY_ENABLED: false,
    CANARY_INTERVAL_MS: 900_000,
  });
  const message = problemsOf(() => loadConfig('api', { ...API, CANARY_ENABLED: 'true' }));
  for (const name of ['API_URL', 'EMAIL', 'PASSWORD', 'SUPABASE_KEY']) {
    expect(message).toContain(`CANARY_${name}: required when CANARY_ENABLED is true`);
  }
  const never = () => loadConfig('api', { ...API, CANARY_INTERVAL_SECONDS: '0.5' });
  expect(problemsOf(never)).toContain('CANARY_INTERVAL_SECONDS: must be at least a second');
});
