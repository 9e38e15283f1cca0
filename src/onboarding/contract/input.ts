/** What a request for an organization must look like, for API, command line and workflow. */
import { INVITATION_TIMING, INVITED_USER } from '#invitation/contract/input.ts';
import type { InvitedUser } from '#invitation/contract.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import {
  digits,
  email,
  organizationName,
  personName,
  phoneNumber,
  subdomain,
  text,
  uuid,
} from '#kernel/input/rules.ts';
import { label, ORIGIN, timing } from '#kernel/input/run.ts';
import { fields, list, oneOf, optional, refined, type Shape } from '#kernel/input/shape.ts';
import {
  ADDRESS_TYPES,
  type Address,
  CONTACT_TYPES,
  type Contact,
  ORGANIZATION_TYPES,
  type OrgData,
  PARTNER_TYPES,
  PHONE_TYPES,
  type Phone,
} from '#organization/contract.ts';
import { slugFor } from '#organization/rules.ts';
import type { OrganizationBootstrapParams } from '../contract.ts';
import { DEFAULT_TIMING } from './timing.ts';

const MAX_USERS = 100;
const MAX_ENTRIES = 20;

const CONTACT = fields<Contact>({
  firstName: personName(),
  lastName: personName(),
  email: email(),
  title: optional(text(100)),
  department: optional(text(100)),
  type: oneOf(CONTACT_TYPES),
  label: text(100),
});

const ADDRESS = fields<Address>({
  street1: text(200),
  street2: optional(text(200)),
  city: text(100),
  state: text(100),
  zipCode: text(20),
  type: oneOf(ADDRESS_TYPES),
  label: text(100),
});

const PHONE = fields<Phone>({
  number: phoneNumber(),
  extension: optional(digits(10)),
  type: oneOf(PHONE_TYPES),
  label: text(100),
});

const ORG_DATA = fields<OrgData>({
  name: organizationName(),
  type: oneOf(ORGANIZATION_TYPES),
  parentOrgId: optional(uuid()),
  contacts: optional(list(CONTACT, { max: MAX_ENTRIES })),
  addresses: optional(list(ADDRESS, { max: MAX_ENTRIES })),
  phones: optional(list(PHONE, { max: MAX_ENTRIES })),
  partnerType: optional(oneOf(PARTNER_TYPES)),
  referringPartnerId: optional(uuid()),
});

/** Each address once, compared as invitations compare them. */
const USERS = refined(list<InvitedUser>(INVITED_USER, { min: 1, max: MAX_USERS }), (users) =>
  new Set(users.map((user) => normalizeEmail(user.email))).size === users.length
    ? undefined
    : { path: [], message: 'must not name an address twice' },
);

type Body = Pick<OrganizationBootstrapParams, 'subdomain' | 'orgData' | 'users'>;

const BODY = { subdomain: optional(subdomain()), orgData: ORG_DATA, users: USERS };

const hasSlug = <T extends Body>(shape: Shape<T>): Shape<T> =>
  refined(shape, ({ orgData, subdomain: name }) =>
    slugFor(orgData.name, name) === ''
      ? {
          path: ['orgData', 'name'],
          message: 'must have a Latin letter or a digit where there is no subdomain',
        }
      : undefined,
  );

export const BOOTSTRAP_BODY: Shape<Body> = hasSlug(fields<Body>(BODY));

export const BOOTSTRAP_INPUT: Shape<OrganizationBootstrapParams> = hasSlug(
  fields<OrganizationBootstrapParams>({
    ...BODY,
    organizationId: optional(uuid()),
    invitations: optional(
      fields<NonNullable<OrganizationBootstrapParams['invitations']>>({
        timing: INVITATION_TIMING,
        taskQueue: optional(label()),
      }),
    ),
    origin: optional(ORIGIN),
    timing: timing(DEFAULT_TIMING),
  }),
);
