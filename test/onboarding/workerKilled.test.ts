import { beforeAll, describe, expect, test, vi } from 'vitest';
import { useHolds } from '#support/stack/holds.ts';
import {
  type StartedRun,
  sampleUsers,
  startBootstrap,
  useOnboarding,
} from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

/**
 * Nine runs are stopped in the middle of nine steps; then the worker is killed, and another one
 * takes over. How each is stopped says what the killed worker had done and not yet heard.
 */
const STEPS = {
  create_organization: 'killed-create',
  'configure_dns, before Cloudflare acted': 'killed-dns-before',
  'configure_dns, after Cloudflare acted': 'killed-dns-after',
  wait_for_propagation: 'killed-wait',
  verify_dns: 'killed-verify',
  generate_invitations: 'killed-invite',
  'send_invitation_emails, before the mail was taken': 'killed-mail-before',
  'send_invitation_emails, while the sent mail is recorded': 'killed-mail-after',
  activate_organization: 'killed-activate',
} as const;
/** The one window in which a mail can be repeated: taken by the server, unheard by us. */
const WINDOW = 'killed-mail-window';
const SLUGS = [...Object.values(STEPS), WINDOW];

const onboarding = useOnboarding({ DNS_RESOLVER_TIMEOUT_SECONDS: '20' });
const holds = useHolds(onboarding);
const workers = useWorkers(onboarding);
const runs = new Map<string, StartedRun>();

const second = (slug: string) => sampleUsers(slug)[1]!.email;

async function stopEverythingSomewhere(): Promise<void> {
  const { cloudflare, dns, smtp } = onboarding;
  await holds.organization(STEPS.create_organization, 'provisioning');
  cloudflare.fail({ method: 'POST', name: 'killed-dns-before.example.com', hang: 'before' });
  cloudflare.fail({ method: 'POST', name: 'killed-dns-after.example.com', hang: 'after' });
  dns.hold('killed-verify.example.com', true);
  await holds.invitation(second(STEPS.generate_invitations), 'pending');
  smtp.fail(second('killed-mail-before'), 'hold');
  await holds.invitation(second('killed-mail-after'), 'sent');
  smtp.fail(second(WINDOW), 'silent');
  await holds.organization(STEPS.activate_organization, 'active');
}

/** Every run has come to the point at which it is stopped. */
async function untilAllAreStopped(): Promise<void> {
  const { cloudflare, dns, smtp } = onboarding;
  await vi.waitFor(
    async () => {
      expect(await holds.stopped()).toBe(4);
      expect(cloudflare.hanging.toSorted()).toEqual([
        'killed-dns-after.example.com',
        'killed-dns-before.example.com',
      ]);
      expect([...dns.waiting]).toEqual(['killed-verify.example.com']);
      expect(smtp.waiting.toSorted()).toEqual([second('killed-mail-before'), second(WINDOW)]);
      expect((await runs.get('killed-wait')?.state())?.step).toBe('wait_for_propagation');
    },
    { timeout: 60_000, interval: 100 },
  );
}

beforeAll(async () => {
  await stopEverythingSomewhere();
  await workers.spawn();
  for (const slug of SLUGS) {
    const timing = slug === STEPS.wait_for_propagation ? { propagationWaitMs: 20_000 } : {};
    runs.set(slug, await startBootstrap(onboarding, { slug, timing }));
  }
  await untilAllAreStopped();

  await workers.kill();
  onboarding.dns.hold('killed-verify.example.com', false);
  onboarding.smtp.clearFaults();
  await holds.releaseAll();
  await workers.spawn();
  await Promise.allSettled([...runs.values()].map((run) => run.handle.result()));
  await workers.kill('SIGTERM');
}, 240_000);

async function whatIsLeftOf(slug: string) {
  const run = runs.get(slug)!;
  const invitations = await onboarding.readModels.invitationsOf(run.orgId);
  const { rows } = await onboarding.owner.query(
    'SELECT count(*)::int AS organizations FROM organizations_projection WHERE slug = $1',
    [slug],
  );
  const mails = onboarding.smtp.mails.filter(({ to }) => to[0]?.endsWith(`@${slug}.example.org`));
  const events = await run.eventTypes();
  return {
    result: await run.handle.result(),
    organizations: rows[0].organizations,
    records: onboarding.cloudflare.zone.list().filter((record) => record.name === run.fqdn).length,
    invitations: invitations.length,
    mails,
    events,
  };
}

const EVENTS = {
  'organization.created': 1,
  'organization.subdomain.dns_created': 1,
  'organization.subdomain.verified': 1,
  'user.invited': 3,
  'invitation.email.sent': 3,
  'organization.activated': 1,
  'organization.bootstrap.completed': 1,
};
const countOf = (events: string[]) =>
  Object.fromEntries(
    Object.keys(EVENTS).map((type) => [type, events.filter((e) => e === type).length]),
  );

describe('a worker killed in the middle of', () => {
  test.each(Object.entries(STEPS))('%s: one of everything', async (_step, slug) => {
    const left = await whatIsLeftOf(slug);
    expect(left).toMatchObject({
      result: { dnsConfigured: true, invitationsSent: 3, errors: [] },
      organizations: 1,
      records: 1,
      invitations: 3,
    });
    expect(countOf(left.events)).toEqual(EVENTS);
    expect(left.events).toHaveLength(11);
    expect(left.mails.map(({ to }) => to[0]).toSorted()).toEqual(
      sampleUsers(slug).map(({ email }) => email),
    );
  });

  test('the acceptance of a mail leaves its outcome unknown, or repeats it as it was', async () => {
    const left = await whatIsLeftOf(WINDOW);
    expect(left).toMatchObject({ organizations: 1, records: 1, invitations: 3 });
    const unknown = left.events.filter((type) => type === 'invitation.email.unknown').length;
    expect(countOf(left.events)).toEqual({ ...EVENTS, 'invitation.email.sent': 3 - unknown });
    // A heartbeat that had not arrived yet is lost with the worker: then the mail goes out again.
    const copies = left.mails.filter(({ to }) => to[0] === second(WINDOW));
    expect(copies).toHaveLength(2 - unknown);
    expect(left.mails).toHaveLength(4 - unknown);
    const linkOf = (text: string) => /token=[\w-]+/.exec(text)?.[0];
    expect(new Set(copies.map(({ messageId }) => messageId)).size).toBe(1);
    expect(new Set(copies.map(({ text }) => linkOf(text))).size).toBe(1);
  });
});
