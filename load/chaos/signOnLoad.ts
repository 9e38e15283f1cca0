/** The part of the load that proves a domain and configures single sign-on, to its end. */
import { followTestLink } from '#dev/demo/ssoTestBrowser.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import type { Arena } from './arena.ts';
import { ATTEMPT_LIMIT_MS, authorized, type Caller, jsonBody } from './caller.ts';

/** What somebody wants of single sign-on, and was told of it. */
export interface RequestedSignOn {
  domain: string;
  /** Supabase knows each identity provider once. */
  entityId: string;
  /** Gets the link of the test. */
  requester: string;
  /** The API said that it works. */
  active?: boolean;
  /** What it said when it does not. */
  failed?: string;
}

interface Claim {
  claimId: string;
  status: string;
  challenge: { name: string; type: 'TXT'; value: string };
}

type Parts = Pick<Arena, 'token' | 'stack'>;

const TEST_LINK = /https?:\/\/\S+\/sso\/test\/[\w-]+/;
/** A mail of unknown outcome is not sent again: the requester begins anew. */
const MAIL_PATIENCE_MS = 20_000;

const testLinks = (mails: readonly ReceivedMail[], requester: string): string[] =>
  mails
    .filter(({ to }) => to.includes(requester))
    .flatMap(({ text }) => TEST_LINK.exec(text)?.[0] ?? []);

/** The identity provider answers for one organization at a time. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn(work: () => Promise<unknown>): Promise<unknown> {
  turn = turn.then(work, work);
  return turn;
}

/** Resolves when it is active, has failed for good, or the caller is stopped. */
export async function signOn(
  caller: Caller,
  { token, stack }: Parts,
  organizationId: string,
  wanted: RequestedSignOn,
): Promise<void> {
  const { domain, entityId, requester } = wanted;
  const path = `/api/v1/organizations/${organizationId}`;
  const as = async (init?: RequestInit) => authorized(await token({ email: requester }), init);

  async function claimed(): Promise<Claim | undefined> {
    for (;;) {
      const reply = await caller.insist('claim', `${path}/domains`, () => as(jsonBody({ domain })));
      // Refused while the first attempt, whose answer was lost, is still being recorded.
      if (reply?.status !== 409) return reply?.ok ? (reply.body as unknown as Claim) : undefined;
      await caller.pause();
    }
  }

  async function prove(): Promise<boolean> {
    const claim = await claimed();
    if (!claim) return false;
    const { claimId, challenge } = claim;
    stack.dns.set(claimId, [challenge]);
    for (let { status } = claim; ; ) {
      if (status !== 'pending') return status === 'verified';
      await caller.pause();
      const reply = await caller.insist('read', `${path}/domains`, () => as());
      if (!reply) return false;
      const claims = (reply.body.domains ?? []) as Claim[];
      status = claims.find((one) => one.claimId === claimId)?.status ?? 'pending';
    }
  }

  const begin = () =>
    caller.insist('sign-on', `${path}/sso`, () =>
      as(jsonBody({ metadataXml: stack.idp.metadata({ entityId }) })),
    );

  const logIn = (link: string) =>
    inTurn(async () => {
      stack.idp.entityId = entityId;
      stack.idp.account = `ada@${domain}`;
      const limit = AbortSignal.any([caller.stopped, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]);
      await followTestLink(link, limit).catch(() => {});
    });

  const cancel = () =>
    caller.insist('sign-on', `${path}/sso`, () =>
      as({ ...jsonBody({ reason: 'the mail did not come' }), method: 'DELETE' }),
    );

  /** Does what the state asks for. @returns true at the end. */
  async function advance(status: string, waitingSince: number): Promise<boolean> {
    const link = testLinks(stack.smtp.mails, requester).at(-1);
    if (status === 'testing' && link) await logIn(link);
    else if (status === 'testing' && Date.now() - waitingSince > MAIL_PATIENCE_MS) await cancel();
    else if (status === 'cancelled') await begin();
    return status === 'active' || status === 'failed';
  }

  if (!(await prove())) return;
  // 409: an earlier attempt, whose answer was lost, has begun it.
  const begun = await begin();
  if (!begun || !(begun.ok || begun.status === 409)) return;
  const since = Date.now();
  for (;;) {
    const reply = await caller.insist('read', `${path}/sso`, () => as());
    if (!reply) return;
    const latest = reply.body.latest as { status: string; error: string | null } | null;
    const status = latest?.status ?? 'absent';
    if (await advance(status, since)) {
      wanted.active = status === 'active';
      if (!wanted.active) wanted.failed = latest?.error ?? status;
      return;
    }
    await caller.pause();
  }
}
