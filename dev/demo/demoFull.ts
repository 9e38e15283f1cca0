/**
 * `npm run demo -- --full`: after the bootstrap, shows invitations, a domain and single sign-on.
 */

import type { Platform } from '#dev/embedded/platform.ts';
import type { Organization } from '#organization/store.ts';
import { createApiClient } from './apiClient.ts';
import { acceptInvitation, inviteLate, letExpire } from './demoInvitations.ts';
import type { DemoOutput } from './demoOutput.ts';
import type { DemoScene } from './demoPart.ts';
import { configureSso, verifyDomain } from './demoSso.ts';
import { type DemoSummary, summaryOf } from './demoSummary.ts';
import { CALLER, sampleOrganization } from './sampleOrganization.ts';

const DOMAIN = 'sunrise.example';

/** Gives the caller of the bootstrap a token with the permissions of an administrator. */
async function sceneOf(
  { stack, apiUrl }: Platform,
  { orgId, path }: Organization,
  signal: AbortSignal,
): Promise<DemoScene> {
  const requester = sampleOrganization().users[0]!.email;
  const scope = path ?? '';
  const token = await stack.supabase.issueToken({
    ...CALLER,
    orgId,
    permissions: [
      { p: 'user.invite', s: scope },
      { p: 'organization.configure_sso', s: scope },
    ],
    extra: { email: requester },
  });
  const api = createApiClient(apiUrl, token);
  return { api, apiUrl, stack, organizationId: orgId, requester, signal };
}

/**
 * Reports each part when it ends.
 * @returns what the organization has afterwards.
 * @throws Error with the reason when a part has not the expected result.
 */
export async function showFull(
  platform: Platform,
  output: DemoOutput,
  organization: Organization,
  signal: AbortSignal,
): Promise<DemoSummary> {
  const scene = await sceneOf(platform, organization, signal);
  // The invitation expires while the other parts are shown.
  const open = await inviteLate(scene);
  const invited = sampleOrganization().users[1]!.email;
  output.part(await acceptInvitation(scene, invited));
  output.part(await verifyDomain(scene, DOMAIN));
  output.part(await configureSso(scene, invited));
  output.part(await letExpire(scene, open));
  const left = await summaryOf(scene.api, scene.stack, scene.organizationId);
  if (left.lineage.events.every(({ processedAt }) => processedAt !== null)) return left;
  throw new Error('an event of the organization is not projected');
}
