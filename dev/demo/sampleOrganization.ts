/** The organization that `npm run demo` onboards, and the user who requests it. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenClaims } from '#dev/loopback/tokenClaims.ts';

export const CALLER: TokenClaims = {
  sub: randomUUID(),
  permissions: [
    { p: 'organization.create_root', s: '' },
    // The lineage shows invited people to who may invite.
    { p: 'user.invite', s: '' },
  ],
};

const user = (firstName: string, lastName: string, role: string) => ({
  email: `${firstName}.${lastName}@sunrise.example`.toLowerCase(),
  firstName,
  lastName,
  role,
});

/** A provider with three users; the subdomain is different for each call. */
export function sampleOrganization() {
  return {
    subdomain: `sunrise-${randomBytes(3).toString('hex')}`,
    orgData: {
      name: 'Sunrise Clinic',
      type: 'provider',
      contacts: [
        {
          firstName: 'Ada',
          lastName: 'Byron',
          email: 'ada.byron@sunrise.example',
          type: 'administrative',
          label: 'Main contact',
        },
      ],
      addresses: [
        {
          street1: '1 Sunrise Road',
          city: 'Springfield',
          state: 'IL',
          zipCode: '62701',
          type: 'physical',
          label: 'Clinic',
        },
      ],
      phones: [{ number: '+1 217 555 0100', type: 'office', label: 'Front desk' }],
    },
    users: [
      user('Ada', 'Byron', 'provider_admin'),
      user('Grace', 'Hopper', 'clinician'),
      user('Alan', 'Turing', 'viewer'),
    ],
  };
}

export type SampleOrganization = ReturnType<typeof sampleOrganization>;
