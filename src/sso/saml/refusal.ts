/** Why a response of an identity provider is refused. */
import { SSO_FAILURE } from '#sso/rules.ts';

type RefusalType =
  | typeof SSO_FAILURE.signatureInvalid
  | typeof SSO_FAILURE.assertionExpired
  | typeof SSO_FAILURE.audienceMismatch
  | typeof SSO_FAILURE.responseUnsolicited
  | typeof SSO_FAILURE.responseInvalid;

/** Its message is for the person who tests, and contains nothing from the response. */
export class SamlRefusal extends Error {
  override name = 'SamlRefusal';
  readonly type: RefusalType;
  constructor(type: RefusalType, message: string) {
    super(message);
    this.type = type;
  }
}

export const signatureInvalid = (message: string) =>
  new SamlRefusal(SSO_FAILURE.signatureInvalid, message);
export const assertionExpired = (message: string) =>
  new SamlRefusal(SSO_FAILURE.assertionExpired, message);
export const audienceMismatch = (message: string) =>
  new SamlRefusal(SSO_FAILURE.audienceMismatch, message);
export const unsolicited = (message: string) =>
  new SamlRefusal(SSO_FAILURE.responseUnsolicited, message);
export const responseInvalid = (message: string) =>
  new SamlRefusal(SSO_FAILURE.responseInvalid, message);
