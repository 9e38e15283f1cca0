/** Faults of providers. */
import type { Fault } from './fault.ts';

export const CLOUDFLARE_REFUSES_TOKEN: Fault = {
  name: 'cloudflare-token-revoked',
  fault: 'Cloudflare refuses the token (403)',
  hint: 'Which step do runs stand in, and what does the provider answer? docs/waiting.md tells how long they wait.',
  begin: (stack) => stack.cloudflare({ status: 403 }),
  end: (stack) => stack.cloudflare('none'),
};

export const CLOUDFLARE_FAILS: Fault = {
  name: 'cloudflare-500',
  fault: 'Cloudflare answers 500',
  hint: 'The page about workflows: which activity fails, and is it waited out?',
  begin: (stack) => stack.cloudflare({ status: 500 }),
  end: (stack) => stack.cloudflare('none'),
};

export const MAIL_REFUSED: Fault = {
  name: 'mail-refused',
  fault: 'the mail server refuses for now (451)',
  hint: 'Which kind of mail fails, and does an onboarding fail with it?',
  begin: (stack) => stack.smtp({ code: 451 }),
  end: (stack) => stack.smtp('none'),
};

export const KEYS_AWAY: Fault = {
  name: 'keys-away',
  fault: 'the keys that sign tokens are away, and the API is restarted',
  hint: 'What do callers get? /ready says yes: look at rejected tokens by reason, and at dependencies.',
  async begin(stack) {
    await stack.supabaseAway(['keys']);
    await stack.restart('api');
  },
  end: (stack) => stack.supabaseAway([]),
};

export const ACCOUNTS_AWAY: Fault = {
  name: 'supabase-auth-away',
  fault: 'Supabase Auth is away',
  hint: 'Accept an invitation: what does the person see? Then look at dependencies, and at providers by endpoint.',
  begin: (stack) => stack.supabaseAway(['accounts']),
  end: (stack) => stack.supabaseAway([]),
};

export const DNS_UNSEEN: Fault = {
  name: 'dns-unseen',
  fault: 'resolvers do not know new records',
  hint: 'Which run waits, and for whom? docs/runbooks/DNSVerificationWaitingForPerson.md names what a person can do.',
  begin: (stack) => stack.resolvers('nxdomain'),
  end: (stack) => stack.resolvers('none'),
};

export const MAIL_SERVER_AWAY: Fault = {
  name: 'mail-server-away',
  fault: 'the mail server cuts every connection',
  hint: 'Who says so first: a mail that was tried, or the check of dependencies? What waits meanwhile?',
  begin: (stack) => stack.smtp('away'),
  end: (stack) => stack.smtp('none'),
};
