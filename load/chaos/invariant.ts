/**
 * What must hold after every fault: everything that was accepted is there exactly once, and
 * nothing that was not. A run that was undone, although nobody asked for it, counts as lost.
 */
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { isInvitation } from './mails.ts';
import { checkSignOn } from './signOnInvariant.ts';
import type { RequestedOnboarding } from './steadyLoad.ts';
import { counted, type Violation } from './violation.ts';
import type { World, WorldOrganization } from './world.ts';

const isEnded = (status: string): boolean => status === 'deactivated' || status === 'failed';

/** Each accepted onboarding is an active organization that completed once. */
function* checkAccepted({ onboardings, organizations, events }: World): Generator<Violation> {
  const completed = counted(
    events.filter(({ eventType }) => eventType === 'organization.bootstrap.completed'),
    ({ stream }) => stream,
  );
  const byId = new Map(organizations.map((organization) => [organization.orgId, organization]));
  for (const { organizationId, subdomain, ended } of onboardings) {
    if (!organizationId || ended) continue;
    const status = byId.get(organizationId)?.status ?? 'absent';
    const times = completed.get(`organization ${organizationId}`) ?? 0;
    if (status !== 'active')
      yield { kind: 'lost', what: `${subdomain} (${organizationId}): accepted, and ${status}` };
    else if (times !== 1) {
      yield {
        kind: times ? 'duplicated' : 'lost',
        what: `${subdomain} (${organizationId}): completed ${times} times`,
      };
    }
  }
}

/** One request, sent again with the same key, makes one organization. */
function* checkRequests({ onboardings, events }: World): Generator<Violation> {
  const initiated = counted(
    events.filter(({ eventType }) => eventType === 'organization.bootstrap.initiated'),
    ({ subdomain }) => subdomain ?? '',
  );
  for (const { subdomain } of onboardings) {
    const times = initiated.get(subdomain) ?? 0;
    if (times > 1) yield { kind: 'duplicated', what: `${subdomain}: initiated ${times} times` };
  }
}

/** Streams have no gaps, nothing waits for its projection, and the read models are right. */
function* checkStore({ events, organizations }: World): Generator<Violation> {
  const last = new Map<string, number>();
  for (const { stream, version, processed, eventType } of events) {
    const expected = (last.get(stream) ?? 0) + 1;
    if (version !== expected) {
      yield { kind: 'lost', what: `${stream}: version ${expected} is missing` };
    }
    last.set(stream, version);
    if (!processed) yield { kind: 'stuck', what: `${stream}: ${eventType} is not projected` };
  }
  for (const { drifted, slug, orgId } of organizations) {
    if (drifted) yield { kind: 'wrong', what: `${slug} (${orgId}): differs from its events` };
  }
}

/** Nothing is open that should have ended, and no organization is between two states. */
function* checkRuns({ organizations, runs }: World): Generator<Violation> {
  for (const { orgId, slug, status } of organizations) {
    const run = runs.get(bootstrapWorkflowId(orgId));
    if (run === 'RUNNING')
      yield { kind: 'stuck', what: `${slug}: its run ${bootstrapWorkflowId(orgId)} is still open` };
    if (status !== 'active' && !isEnded(status)) {
      yield { kind: 'stuck', what: `${slug} (${orgId}): still ${status}` };
    }
  }
}

/** Active organizations have their record, and nobody else has one. */
function* checkDns({ organizations, dnsNames }: World): Generator<Violation> {
  const records = counted(dnsNames, (name) => name.toLowerCase());
  const wanted = new Map<string, WorldOrganization>();
  for (const organization of organizations) {
    if (organization.status === 'active' && organization.domain) {
      wanted.set(organization.domain, organization);
    }
  }
  for (const [domain] of wanted) {
    const found = records.get(domain) ?? 0;
    if (found !== 1) {
      yield { kind: found ? 'duplicated' : 'lost', what: `${domain}: ${found} DNS records` };
    }
  }
  for (const [name] of records) {
    if (!wanted.has(name)) yield { kind: 'orphaned', what: `${name}: a DNS record of nobody` };
  }
}

/** Each person has one invitation, whose link works while it is pending. */
function* checkInvitations(world: World): Generator<Violation> {
  const { invitations, organizations, runs } = world;
  const active = new Set(
    organizations.filter(({ status }) => status === 'active').map(({ orgId }) => orgId),
  );
  for (const { invitationId, orgId, email, status } of invitations) {
    if (status !== 'pending') continue;
    if (!active.has(orgId))
      yield { kind: 'orphaned', what: `${email}: ${invitationId} is pending, of nobody` };
    else if (runs.get(userInvitationWorkflowId(invitationId)) !== 'RUNNING') {
      yield {
        kind: 'dead',
        what: `${email}: pending, and its run ${userInvitationWorkflowId(invitationId)} is gone`,
      };
    }
  }
  const live = invitations.filter(({ status }) => status === 'pending' || status === 'accepted');
  const perPerson = counted(live, ({ orgId, email }) => `${email} in ${orgId}`);
  for (const [person, times] of perPerson) {
    if (times > 1) yield { kind: 'duplicated', what: `${person}: ${times} invitations` };
  }
}

const needsMail = ({ organizationId, ended }: RequestedOnboarding): boolean =>
  organizationId !== undefined && !ended;

/**
 * Each invited person has one mail. One whose outcome nobody knows is told as that and not sent
 * again, so it may be missing: a person asks for another link.
 */
function* checkMails({ onboardings, mails, invitations, events }: World): Generator<Violation> {
  const received = counted(mails.filter(isInvitation), ({ to }) => to[0] ?? '');
  const told = new Set(
    events
      .filter(({ eventType }) => eventType === 'invitation.email.unknown')
      .map(({ stream }) => stream.split(' ')[1]),
  );
  const unknown = new Set(
    invitations
      .filter(({ invitationId }) => told.has(invitationId))
      .map(({ email, orgId }) => `${email} ${orgId}`),
  );
  for (const onboarding of onboardings.filter(needsMail)) {
    for (const email of onboarding.emails) {
      const times = received.get(email) ?? 0;
      if (times === 0 && unknown.has(`${email} ${onboarding.organizationId}`)) continue;
      if (times !== 1) {
        yield {
          kind: times ? 'duplicated' : 'lost',
          what: `${email}: ${times} mails in ${onboarding.organizationId}`,
        };
      }
    }
  }
}

/** Whoever was told to be a member is one, with one account. */
function* checkMembers({ onboardings, accounts, invitations }: World): Generator<Violation> {
  const byEmail = counted(accounts, ({ email }) => email);
  for (const [email, times] of byEmail) {
    if (times > 1) yield { kind: 'duplicated', what: `${email}: ${times} accounts` };
  }
  const membershipsOf = (email: string, orgId: string): number =>
    accounts
      .filter((account) => account.email === email)
      .flatMap(({ organizations }) => organizations)
      .filter((id) => id === orgId).length;
  for (const { email, orgId, status } of invitations) {
    const times = membershipsOf(email, orgId);
    if (status === 'accepted' && times !== 1) {
      yield {
        kind: times ? 'duplicated' : 'lost',
        what: `${email}: accepted, ${times} memberships of ${orgId}`,
      };
    }
    if (status !== 'accepted' && times > 0) {
      yield {
        kind: 'orphaned',
        what: `${email}: a member of ${orgId} whose invitation is ${status}`,
      };
    }
  }
  for (const { member, ended } of onboardings) {
    if (!member || ended) continue;
    const account = accounts.find(({ id }) => id === member.userId);
    if (account?.email !== member.email) {
      yield {
        kind: 'lost',
        what: `${member.email}: the account ${member.userId} it was told is not there`,
      };
    }
  }
}

const CHECKS = [
  checkAccepted,
  checkRequests,
  checkStore,
  checkRuns,
  checkDns,
  checkInvitations,
  checkMails,
  checkMembers,
  checkSignOn,
];

/** @returns everything that does not hold; empty when all is well. */
export const violationsIn = (world: World): Violation[] =>
  CHECKS.flatMap((check) => [...check(world)]);
