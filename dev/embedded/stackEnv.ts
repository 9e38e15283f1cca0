/** The settings with which the roles `api` and `worker` use an embedded stack. */
import { randomBytes } from 'node:crypto';
import type { LoopbackCloudflare } from '#dev/loopback/loopbackCloudflare.ts';
import type { LoopbackDns } from '#dev/loopback/loopbackDns.ts';
import type { LoopbackSmtp } from '#dev/loopback/loopbackSmtp.ts';
import type { LoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import type { EmbeddedDatabase } from './database.ts';
import type { EmbeddedTemporalServer } from './temporal.ts';

/** The top-level domain `.test` is reserved, so nobody can own such a name (RFC 6761). */
export const ZONE = 'a4c.test';
export const DNS_TARGET = `app.${ZONE}`;
const FRONTEND_URL = 'http://localhost:5173';
const SECRET_BYTES = 32;

/** Waits of seconds, where production waits for minutes. */
const SHORT_WAITS = {
  DNS_PROPAGATION_WAIT_SECONDS: '1',
  DNS_VERIFICATION_LIMIT_SECONDS: '30',
  DNS_VERIFICATION_BACKOFF_SECONDS: '0.5,1,2',
  ACTIVITY_RETRY_INITIAL_SECONDS: '0.5',
  RECONCILE_INTERVAL_SECONDS: '5',
  RECONCILE_AFTER_SECONDS: '5',
  WORKER_SHUTDOWN_GRACE_SECONDS: '5',
  DEPENDENCY_CHECK_INTERVAL_SECONDS: '5',
  PROVIDER_CHECK_INTERVAL_SECONDS: '10',
};

/** The loopback services take whatever comes; the pace is there all the same. */
const FAST_PACES = {
  CLOUDFLARE_PER_SECOND: '1000',
  SUPABASE_PER_SECOND: '1000',
  MAILS_PER_SECOND: '1000',
};

export function environmentOf(stack: {
  database: EmbeddedDatabase;
  temporal: EmbeddedTemporalServer;
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  smtp: LoopbackSmtp;
  supabase: LoopbackSupabase;
  bundlePath: string;
  ports: { api: number; workerHealth: number };
}): Record<string, string> {
  const { database, cloudflare, ports } = stack;
  return {
    ...SHORT_WAITS,
    DEPLOYMENT_ENVIRONMENT: 'development',
    DATABASE_URL: database.url,
    MIGRATION_DATABASE_URL: database.ownerUrl,
    TEMPORAL_ADDRESS: stack.temporal.address,
    WORKER_BUNDLE_PATH: stack.bundlePath,
    PORT: String(ports.api),
    HEALTH_CHECK_PORT: String(ports.workerHealth),
    SUPABASE_URL: stack.supabase.url,
    SUPABASE_SERVICE_ROLE_KEY: stack.supabase.serviceRoleKey,
    PUBLIC_API_URL: `http://127.0.0.1:${ports.api}`,
    SSO_ALLOW_LOOPBACK: 'true',
    SSO_TEST_WAIT_SECONDS: '600',
    DOMAIN_VERIFICATION_LIMIT_SECONDS: '600',
    DOMAIN_VERIFICATION_BACKOFF_SECONDS: '1,2,5',
    CORS_ORIGINS: FRONTEND_URL,
    ...FAST_PACES,
    FRONTEND_URL,
    PLATFORM_BASE_DOMAIN: ZONE,
    CLOUDFLARE_API_TOKEN: cloudflare.token,
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    DNS_TARGET,
    DNS_RESOLVERS: stack.dns.resolvers.join(','),
    INVITATION_TOKEN_SECRET: randomBytes(SECRET_BYTES).toString('base64url'),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(stack.smtp.port),
    MAIL_FROM: `A4C <no-reply@${ZONE}>`,
    SUPPORT_EMAIL: `support@${ZONE}`,
  };
}
