/** The organization: the request format of the existing frontend, and the states of its DNS. */
export const ORGANIZATION_TYPES = ['provider', 'partner'] as const;

/** A canary is onboarded and deleted by a program, to see that it works: business counts leave it out. */
export type OrganizationKind = 'customer' | 'canary';

/** The tag of every event of a canary's runs. */
const CANARY_TAG = 'canary';

/** Tags of the events that an organization of this kind causes. */
export const tagsOf = (kind: OrganizationKind): string[] => (kind === 'canary' ? [CANARY_TAG] : []);

export const PARTNER_TYPES = ['var', 'family', 'court', 'other'] as const;

export const CONTACT_TYPES = [
  'administrative',
  'billing',
  'technical',
  'emergency',
  'stakeholder',
] as const;

export const ADDRESS_TYPES = ['physical', 'mailing', 'billing'] as const;

export const PHONE_TYPES = ['mobile', 'office', 'fax', 'emergency'] as const;

export interface Contact {
  firstName: string;
  lastName: string;
  email: string;
  title?: string;
  department?: string;
  type: (typeof CONTACT_TYPES)[number];
  label: string;
}

export interface Address {
  street1: string;
  street2?: string;
  city: string;
  state: string;
  zipCode: string;
  type: (typeof ADDRESS_TYPES)[number];
  label: string;
}

export interface Phone {
  number: string;
  extension?: string;
  type: (typeof PHONE_TYPES)[number];
  label: string;
}

export interface OrgData {
  name: string;
  type: (typeof ORGANIZATION_TYPES)[number];
  parentOrgId?: string;
  contacts?: Contact[];
  addresses?: Address[];
  phones?: Phone[];
  partnerType?: (typeof PARTNER_TYPES)[number];
  referringPartnerId?: string;
}

export type SubdomainStatus =
  | 'pending'
  | 'dns_created'
  | 'verifying'
  | 'verified'
  | 'failed'
  | 'skipped'
  | 'removed';
