import { describe, expect, test } from 'vitest';
import type { IdpFault } from '#dev/loopback/loopbackIdp.ts';
import { decoded, encoded, useSamlTrip } from '#support/runs/samlTrip.ts';
import { beginRoundTrip, type RoundTrip, verifyResponse } from './roundTrip.ts';

const saml = useSamlTrip();

/** Sends a request to the identity provider and returns the form fields of its response. */
async function answerTo(roundTrip: RoundTrip) {
  const page = await (await fetch(await beginRoundTrip(roundTrip, 'relay'))).text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1];
  expect(field('RelayState')).toBe('relay');
  return field('SAMLResponse')!;
}

test('accepts a valid response, and returns the asserted user', async () => {
  const tested = await verifyResponse(saml.trip, await answerTo(saml.trip));
  expect(tested).toEqual({
    email: 'sso-test@example.org',
    assertionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('accepts a response that is signed as a whole, only when unchanged', async () => {
  const response = saml.responseWith({ signed: 'Response' });
  expect(await verifyResponse(saml.trip, response)).toMatchObject({ email: 'ada@example.org' });
  const xml = decoded(response);
  const changed = encoded(xml.replaceAll('ada@', 'boss@'));
  expect(await saml.verdictOn(changed)).toMatchObject({ type: 'SsoSignatureInvalid' });
});

describe('refuses with the error type', () => {
  test.each<[IdpFault, string]>([
    ['wrong_signature', 'SsoSignatureInvalid'],
    ['expired', 'SsoAssertionExpired'],
    ['not_yet_valid', 'SsoAssertionExpired'],
    ['wrong_audience', 'SsoAudienceMismatch'],
    ['wrong_recipient', 'SsoAudienceMismatch'],
    ['unsolicited', 'SsoResponseUnsolicited'],
  ])('%s', async (fault, type) => {
    saml.idp.fault = fault;
    const refusal = await verifyResponse(saml.trip, await answerTo(saml.trip)).catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ name: 'SamlRefusal', type });
    expect(refusal.message).not.toMatch(/@|https?:/);
  });

  test('the response to another test', async () => {
    const response = await answerTo(saml.trip);
    const refusal = await verifyResponse(saml.tripOf('c'.repeat(64)), response).catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ type: 'SsoResponseUnsolicited' });
  });

  test('an address that was changed after signing', async () => {
    const xml = Buffer.from(await answerTo(saml.trip), 'base64').toString();
    const changed = Buffer.from(xml.replaceAll('sso-test@', 'boss@')).toString('base64');
    const refusal = await verifyResponse(saml.trip, changed).catch((error) => error);
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a signed assertion without InResponseTo, in a response that has it', async () => {
    saml.idp.fault = 'silent_assertion';
    const refusal = await verifyResponse(saml.trip, await answerTo(saml.trip)).catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ type: 'SsoResponseUnsolicited' });
  });

  test('an unsigned assertion', async () => {
    const xml = Buffer.from(await answerTo(saml.trip), 'base64').toString();
    const bare = xml.replace(/<Signature[\s\S]*<\/Signature>/, '');
    const refusal = await verifyResponse(saml.trip, Buffer.from(bare).toString('base64')).catch(
      (e) => e,
    );
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('an unsigned assertion wrapped around the signed one', async () => {
    const xml = Buffer.from(await answerTo(saml.trip), 'base64').toString();
    const [assertion = ''] = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml) ?? [];
    const forged = assertion
      .replace(/<Signature[\s\S]*<\/Signature>/, '')
      .replaceAll('sso-test@', 'boss@')
      .replace(/ID="[^"]+"/, 'ID="_forged"');
    const wrapped = xml.replace(assertion, forged + assertion);
    const refusal = await verifyResponse(saml.trip, Buffer.from(wrapped).toString('base64')).catch(
      (e) => e,
    );
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test.each([
    ['nothing', ''],
    ['no XML', 'aGVsbG8='],
    ['no base64', '%%%'],
  ])('%s', async (_, text) => {
    const refusal = await verifyResponse(saml.trip, text).catch((error) => error);
    expect(refusal).toMatchObject({ name: 'SamlRefusal' });
  });
});
