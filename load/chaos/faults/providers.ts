/** Faults of providers: what each answers when it is busy, broken or odd. */
import type { CloudflareFault } from '#dev/loopback/loopbackCloudflare.ts';
import type { SmtpFault } from '#dev/loopback/loopbackSmtp.ts';
import type { Arena } from '../arena.ts';
import type { Fault } from './fault.ts';

/** More than a run can make. */
const ALWAYS = 1_000_000;

const cloudflare = (name: string, fault: CloudflareFault, core = false): Fault => ({
  name: `cloudflare-${name}`,
  core,
  part: 'cloudflare',
  momentary: fault.times !== undefined,
  async inject({ stack }) {
    stack.cloudflare.fail({ times: ALWAYS, ...fault });
    return async () => stack.cloudflare.clearFaults();
  },
});

const smtp = (name: string, fault: SmtpFault, core = false): Fault => ({
  name: `smtp-${name}`,
  core,
  part: 'smtp',
  async inject({ stack }) {
    stack.smtp.fail('*', fault);
    return async () => stack.smtp.clearFaults();
  },
});

function resolversFail({ stack }: Arena, count: number, fault: 'drop' | 'servfail'): void {
  for (let index = 0; index < count; index++) stack.dns.fault(index, fault);
}

const resolvers = (name: string, count: number, fault: 'drop' | 'servfail'): Fault => ({
  name: `dns-${name}`,
  part: 'dns',
  async inject(arena) {
    resolversFail(arena, count, fault);
    return async () => {
      for (const index of arena.stack.dns.resolvers.keys()) arena.stack.dns.fault(index, 'none');
    };
  },
});

const supabase = (status: number): Fault => ({
  name: `supabase-${status}`,
  part: 'supabase',
  async inject({ stack }) {
    stack.supabase.users.fault({ status });
    return async () => stack.supabase.users.fault('none');
  },
});

export const PROVIDER_FAULTS: readonly Fault[] = [
  cloudflare('429', { status: 429 }, true),
  cloudflare('429-retry-after', { status: 429, retryAfterSeconds: 2 }),
  cloudflare('500', { status: 500 }),
  cloudflare('403-once', { status: 403, times: 1 }),
  cloudflare('no-answer-after-work', { dropAfterWork: true, times: 5 }),
  smtp('451', { code: 451 }, true),
  smtp('421', { code: 421 }),
  resolvers('one-silent', 1, 'drop'),
  resolvers('all-servfail', 3, 'servfail'),
  supabase(500),
  supabase(429),
];
