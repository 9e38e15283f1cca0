import fc from 'fast-check';
import { expect, test } from 'vitest';
import { invitationMail } from '#invitation/mails.ts';
import { checkShape } from '#kernel/input/shape.ts';
import { BOOTSTRAP_BODY } from '#onboarding/contract/input.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { ADMIN, BOOTSTRAP_PATH, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  INVITATION_MAILS_PER_HOUR: '0',
});

const SEED = Number(process.env.FAST_CHECK_SEED ?? Date.now() % 2 ** 31);
const RUNS = { seed: SEED, numRuns: 40, interruptAfterTimeLimit: 20_000 };
const never5xx = (status: number) => expect(status).toBeLessThan(500);

/** Texts as attackers and address books write them. */
const typed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\u0000', '\ud800', '\u202e', '%00', "'; --", '../..', '{}', '1e999', ' '),
);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: typed },
);

const body = fc.record({
  subdomain: fc.option(fc.oneof(typed, fc.stringMatching(/^[a-z][a-z0-9]{9}$/)), {
    nil: undefined,
  }),
  orgData: fc.record({
    name,
    type: fc.constantFrom('provider', 'partner', 'zoo'),
    phones: fc.option(
      fc.array(fc.record({ number: typed, type: fc.constant('office'), label: name }), {
        maxLength: 1,
      }),
      { nil: undefined },
    ),
    addresses: fc.option(
      fc.array(
        fc.record({
          street1: name,
          city: name,
          state: name,
          zipCode: name,
          type: fc.constant('billing'),
          label: name,
        }),
        { maxLength: 1 },
      ),
      { nil: undefined },
    ),
  }),
  users: fc.array(
    fc.record({
      email: fc.oneof(
        fc.emailAddress(),
        typed,
        fc.tuple(name, fc.domain()).map(([a, b]) => `${a}@${b}`),
      ),
      firstName: name,
      lastName: name,
      role: fc.constant('provider_admin'),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

test(`any text in a bootstrap is accepted or refused, and stored as it was accepted (seed ${SEED})`, async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(body, async (request) => {
      const answer = await api.call('POST', BOOTSTRAP_PATH, { body: request, as: ADMIN });
      never5xx(answer.status);
      if (answer.status !== 202) return;
      accepted++;
      const { rows } = await onboarding.owner.query(
        `SELECT event_data -> 'params' AS params, event_data ->> 'name' AS name FROM domain_events
         WHERE event_type = 'organization.bootstrap.initiated' AND aggregate_id = $1`,
        [answer.body.organizationId],
      );
      const { value } = checkShape(BOOTSTRAP_BODY, JSON.parse(JSON.stringify(request)));
      expect(rows[0].params).toMatchObject(value);
      expect(rows[0].name).toBe(value.orgData.name);
      const { subject } = invitationMail({
        firstName: value.users[0]!.firstName,
        organizationName: value.orgData.name,
        frontendUrl: 'https://app.example.com',
        token: 't',
        expiresAt: '2026-12-02T10:00:00.000Z',
      });
      expect(subject).toBe(`You are invited to ${value.orgData.name}`);
    }),
    RUNS,
  );
  expect(accepted).toBeGreaterThan(0);
});

test(`any text elsewhere is accepted or refused (seed ${SEED})`, async () => {
  const { orgId } = await makeActiveOrganization(onboarding.database.pool);
  const of = `/api/v1/organizations/${orgId}`;
  const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
  await fc.assert(
    fc.asyncProperty(typed, typed, async (one, other) => {
      const user = { email: one, firstName: other, lastName: 'B', role: other };
      const answers = await Promise.all([
        api.call('POST', `${of}/invitations`, { body: { invitations: [user] }, as: ADMIN }),
        api.call('POST', `${of}/domains`, { body: { domain: one }, as: ADMIN }),
        api.call('POST', `${of}/sso`, { body: { metadataXml: one, domains: [other] }, as: ADMIN }),
        api.call('POST', `${of}/sso`, { body: { metadataUrl: one }, as: ADMIN }),
        api.call('GET', `${of}/invitations?cursor=${encoded(one)}&limit=${encoded(other)}`, {
          as: ADMIN,
        }),
        api.call(
          'GET',
          `${of}/invitations?cursor=${Buffer.from(JSON.stringify([one, other])).toString('base64url')}`,
          { as: ADMIN },
        ),
        api.call('POST', `${of}/invitations/${encoded(one)}/revoke`, {
          body: { reason: other },
          as: ADMIN,
        }),
        api.call('GET', `/api/v1/organizations/${encoded(one)}`, { as: ADMIN }),
        api.call('GET', `/api/v1/workflows/${encoded(one)}/events`, { as: ADMIN }),
        api.call('GET', `/api/v1/invitations/${encoded(one)}`),
      ]);
      for (const { status } of answers) never5xx(status);
    }),
    RUNS,
  );
});
