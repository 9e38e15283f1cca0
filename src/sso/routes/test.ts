/** Routes of the single sign-on test in the browser: the link to the provider, and the callback. */
import { bodyParser } from '@koa/bodyparser';
import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
import { notFound, notNow, Problem } from '#kernel/http/problems.ts';
import { rateLimit } from '#kernel/http/rateLimit.ts';
import { open, type Route } from '#kernel/http/route.ts';
import { parseWith } from '#kernel/http/validation.ts';
import { domainOfEmail } from '#kernel/input/email.ts';
import { SSO_FAILURE } from '#sso/rules.ts';
import type { SsoTestVerdict } from '../contract.ts';
import { SSO_CALLBACK_PATH, SSO_TEST_PATH } from '../contract.ts';
import { reportSsoTest } from '../runs.ts';
import { SamlRefusal } from '../saml/refusal.ts';
import {
  beginRoundTrip,
  type RoundTrip,
  requestIdOf,
  type TestedAssertion,
  verifyResponse,
} from '../saml/roundTrip.ts';
import { ssoTestTokenHash } from '../saml/testToken.ts';
import { callbackForm, testToken } from '../schemas.ts';
import type { SsoConfiguration } from '../store.ts';
import type { SsoRouteDeps } from './routeDeps.ts';

/** Problem types of failed tests; all others are an invalid response. */
const PROBLEM_CODES: Record<string, string> = {
  [SSO_FAILURE.signatureInvalid]: 'sso-signature-invalid',
  [SSO_FAILURE.assertionExpired]: 'sso-assertion-expired',
  [SSO_FAILURE.audienceMismatch]: 'sso-audience-mismatch',
  [SSO_FAILURE.responseUnsolicited]: 'sso-response-unsolicited',
  [SSO_FAILURE.addressOutsideDomains]: 'sso-address-outside-domains',
};

const FORM_LIMIT = '256kb';

const over = () =>
  new Problem(409, 'sso-test-over', 'This test does not wait for a response', {
    detail: 'It has ended, or a response has been received; each is accepted once.',
  });

/** The configuration of a test's token. @throws Problem 404, or 409 when the test is over. */
async function testOf(
  { ssoConfigurations }: SsoRouteDeps,
  token: string,
): Promise<SsoConfiguration> {
  const configuration = await ssoConfigurations.byTestToken(ssoTestTokenHash(token));
  if (!configuration) throw notFound('test');
  const isLate = (configuration.testExpiresAt?.getTime() ?? 0) <= Date.now();
  if (configuration.status !== 'testing' || isLate) throw over();
  return configuration;
}

/** The data of the round trip; a configuration under test has all of them. */
const tripOf = (configuration: SsoConfiguration): RoundTrip => ({
  idp: {
    entityId: configuration.entityId!,
    ssoUrl: configuration.ssoUrl!,
    certificates: configuration.certificates,
  },
  spEntityId: configuration.spEntityId!,
  callbackUrl: configuration.callbackUrl!,
  requestId: requestIdOf(configuration.testTokenHash!),
});

/** Checks that the account belongs to one of the domains for which the login will be activated. */
async function judge(
  { domainClaims }: SsoRouteDeps,
  { orgId, domains: wanted }: SsoConfiguration,
  { assertionHash, email }: TestedAssertion,
): Promise<SsoTestVerdict> {
  const domains = wanted.length > 0 ? wanted : await domainClaims.verifiedDomains(orgId);
  if (domains.includes(domainOfEmail(email ?? '') ?? '')) return { passed: true, assertionHash };
  return {
    passed: false,
    type: SSO_FAILURE.addressOutsideDomains,
    message: email
      ? 'the asserted address is not of a verified domain'
      : 'the assertion has no e-mail address',
  };
}

async function verdictOn(
  deps: SsoRouteDeps,
  configuration: SsoConfiguration,
  response: string,
): Promise<SsoTestVerdict> {
  try {
    const assertion = await verifyResponse(tripOf(configuration), response);
    return await judge(deps, configuration, assertion);
  } catch (error) {
    if (!(error instanceof SamlRefusal)) throw error;
    return { passed: false, type: error.type, message: error.message };
  }
}

const WHY_OPEN = 'whoever has the link of the test may run it; the test gives access to nothing';

/** Reads the form that the identity provider has the browser post. @throws Problem 400, 413, 415. */
async function formOf(ctx: RouterContext, form: Middleware) {
  await form(ctx, async () => {});
  if (!ctx.request.is('urlencoded')) {
    throw new Problem(415, 'unsupported-media-type', 'The response must come as a form');
  }
  return parseWith(callbackForm, ctx.request.body);
}

/** Reports the verdict to the run. @throws Problem 409 when no test waits, 422 when it has failed. */
async function report(deps: SsoRouteDeps, configuration: SsoConfiguration, response: string) {
  const verdict = await verdictOn(deps, configuration, response);
  const heard = await reportSsoTest(deps.temporal, configuration, verdict).catch(() => {
    throw notNow('It could not be started now');
  });
  if (!heard) throw over();
  if (verdict.passed) return;
  const code = PROBLEM_CODES[verdict.type] ?? 'sso-response-invalid';
  throw new Problem(422, code, 'The test has failed', { detail: `${verdict.message}.` });
}

export function testRoutes(deps: SsoRouteDeps): Route[] {
  const limit = rateLimit(deps.pool, deps.config.PUBLIC_RATE_LIMIT_PER_MINUTE);
  const form = bodyParser({ enableTypes: ['form'], formLimit: FORM_LIMIT });
  const access = { open: WHY_OPEN };
  return [
    open({
      method: 'GET',
      path: `${SSO_TEST_PATH}/:token`,
      access,
      limit,
      async handle(ctx) {
        const token = testToken.safeParse(ctx.params.token);
        if (!token.success) throw notFound('test');
        const configuration = await testOf(deps, token.data);
        ctx.set('cache-control', 'no-store');
        ctx.set('referrer-policy', 'no-referrer');
        ctx.redirect(await beginRoundTrip(tripOf(configuration), token.data));
      },
    }),
    open({
      method: 'POST',
      path: SSO_CALLBACK_PATH,
      access,
      limit,
      async handle(ctx) {
        const { SAMLResponse, RelayState } = await formOf(ctx, form);
        await report(deps, await testOf(deps, RelayState), SAMLResponse);
        ctx.status = 202;
        ctx.body = { status: 'received' };
      },
    }),
  ];
}
