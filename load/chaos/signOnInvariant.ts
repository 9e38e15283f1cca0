/** What must hold of single sign-on: what was told as active works once, and nothing else is open. */
import { ssoConfigurationWorkflowId } from '#sso/contract.ts';
import type { RequestedOnboarding } from './steadyLoad.ts';
import type { Violation } from './violation.ts';
import type { World } from './world.ts';

const once = (times: number, what: string): Violation[] =>
  times === 1 ? [] : [{ kind: times ? 'duplicated' : 'lost', what: `${what} ${times} times` }];

/** Wanted single sign-on is active once: in our read model, by its event, and at Supabase Auth. */
function* checkWanted(world: World, onboarding: RequestedOnboarding): Generator<Violation> {
  const { organizationId: orgId = '', signOn, subdomain } = onboarding;
  if (!signOn?.active) {
    const said = signOn?.failed ?? 'not active';
    yield { kind: 'lost', what: `${subdomain} (${orgId}): single sign-on is ${said}` };
    return;
  }
  const { domain, entityId } = signOn;
  const proofs = world.provedDomains.filter((one) => one.domain === domain && one.orgId === orgId);
  yield* once(proofs.length, `${domain}: proved for ${orgId}`);
  const active = world.signOns.filter((one) => one.orgId === orgId && one.status === 'active');
  yield* once(active.length, `${subdomain} (${orgId}): single sign-on is active`);
  for (const { configurationId } of active) {
    const activated = world.events.filter(
      ({ eventType, stream }) =>
        eventType === 'sso.activated' && stream.endsWith(` ${configurationId}`),
    );
    yield* once(activated.length, `${subdomain}: configuration ${configurationId} was activated`);
  }
  const providers = world.providers.filter((one) => one.entityId === entityId);
  yield* once(providers.length, `${entityId}: at Supabase Auth`);
  for (const { id, domains } of providers) {
    if (domains.join() !== domain) {
      yield {
        kind: 'wrong',
        what: `${entityId}: provider ${id} is for [${domains}], not ${domain}`,
      };
    }
  }
}

/** No provider is open for nobody, and no configuration is under way for ever. */
function* checkLeft({ signOns, providers, runs, organizations }: World): Generator<Violation> {
  const live = new Set(
    organizations.filter(({ status }) => status === 'active').map(({ orgId }) => orgId),
  );
  const active = signOns.filter(({ status, orgId }) => status === 'active' && live.has(orgId));
  const used = new Set(active.map(({ providerId }) => providerId));
  for (const { id, entityId } of providers) {
    if (!used.has(id)) yield { kind: 'orphaned', what: `${entityId}: provider ${id} of nobody` };
  }
  for (const orgId of new Set(signOns.map((one) => one.orgId))) {
    const workflowId = ssoConfigurationWorkflowId(orgId);
    if (runs.get(workflowId) === 'RUNNING') {
      yield { kind: 'stuck', what: `${workflowId}: is still open` };
    }
  }
}

export function* checkSignOn(world: World): Generator<Violation> {
  for (const onboarding of world.onboardings) {
    const { organizationId, signOn, ended } = onboarding;
    if (signOn && organizationId && !ended) yield* checkWanted(world, onboarding);
  }
  yield* checkLeft(world);
}
