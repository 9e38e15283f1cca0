/**
 * Whose account an assertion is, as Supabase Auth reads it (supabase/auth,
 * internal/api/samlassertion.go): the user's id, and the address.
 */
import type { Element } from '@xmldom/xmldom';
import { responseInvalid } from './refusal.ts';
import { childrenOf, descendantsOf, SAML_NAMESPACE } from './xml.ts';

const { assertion: A } = SAML_NAMESPACE;
const SUBJECT_ID = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const NAME_ID_FORMAT = {
  email: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
} as const;

/** Names of an address, in the order in which they are asked for. */
const EMAIL_ATTRIBUTES = [
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/claims/EmailAddress',
  'mail',
  'email',
];

const isSame = (left: string | null, right: string): boolean =>
  left?.toLowerCase() === right.toLowerCase();

/** The values of every attribute with this Name or FriendlyName, in any case. */
const valuesOf = (assertion: Element, name: string): string[] =>
  descendantsOf(assertion, A, 'AttributeStatement', 'Attribute')
    .filter(
      (attribute) =>
        isSame(attribute.getAttribute('Name'), name) ||
        isSame(attribute.getAttribute('FriendlyName'), name),
    )
    .flatMap((attribute) => childrenOf(attribute, A, 'AttributeValue'))
    .map((value) => value.textContent ?? '');

const nameIdOf = (assertion: Element) => {
  const [nameId] = descendantsOf(assertion, A, 'Subject', 'NameID');
  return { value: nameId?.textContent ?? '', format: nameId?.getAttribute('Format') ?? '' };
};

function requireLastingId(assertion: Element): void {
  const [subjectId] = valuesOf(assertion, SUBJECT_ID);
  const { value, format } = nameIdOf(assertion);
  const id = subjectId ?? (format === NAME_ID_FORMAT.transient ? '' : value);
  if (id) return;
  throw responseInvalid(
    'the assertion has no lasting id of the user: send a NameID that is persistent or an address',
  );
}

/**
 * @returns the address; undefined when there is none.
 * @throws SamlRefusal without an id that stays the same at the next login.
 */
export function addressIn(assertion: Element): string | undefined {
  requireLastingId(assertion);
  const { value, format } = nameIdOf(assertion);
  const asserted = EMAIL_ATTRIBUTES.flatMap((name) => valuesOf(assertion, name)).find(Boolean);
  return asserted ?? (format === NAME_ID_FORMAT.email && value ? value : undefined);
}
