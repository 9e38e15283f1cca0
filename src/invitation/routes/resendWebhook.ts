/** Reports of Resend on mails that came back, signed by it (Svix). */
import { Webhook, WebhookVerificationError } from 'svix';
import { z } from 'zod';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { notFound, Problem } from '#kernel/http/problems.ts';
import { open, type Route } from '#kernel/http/route.ts';
import { MESSAGE_TAG } from '#kernel/mail/resendProvider.ts';
import { boundedText } from '#kernel/outbound/boundedBody.ts';
import type { BounceReason } from '../contract.ts';
import { INVITATION_EVENTS } from '../events.ts';
import { recordBounce } from '../store/bounces.ts';
import type { InvitationRouteDeps } from './routeDeps.ts';

export const RESEND_WEBHOOK_PATH = '/api/v1/webhooks/resend';

const MAX_BYTES = 64 * 1024;
/** Signed; a report that is older than 5 minutes is refused by the library. */
const SIGNED = ['svix-id', 'svix-timestamp', 'svix-signature'] as const;

/** Resend's words for why, in ours. Its texts contain the address, and are not kept. */
const REASONS: ReadonlyMap<string | undefined, BounceReason> = new Map([
  ['Permanent', 'permanent'],
  ['Transient', 'transient'],
]);

/** What we read of a report; the tag is ours, and mails of others have none. */
const REPORT = z.object({
  type: z.literal(['email.bounced', 'email.suppressed']),
  data: z.object({
    tags: z.object({ [MESSAGE_TAG]: z.string() }),
    bounce: z.object({ type: z.string().optional() }).optional(),
  }),
});

const reasonOf = ({ type, data }: z.infer<typeof REPORT>): BounceReason =>
  type === 'email.suppressed' ? 'suppressed' : (REASONS.get(data.bounce?.type) ?? 'undetermined');

/** @throws Problem 401 for a signature that is missing, wrong or too old. */
function verify(secret: string, body: string, headers: Record<string, string>): void {
  try {
    new Webhook(secret).verify(body, headers);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    throw new Problem(401, 'invalid-signature', 'The signature of the report is not valid');
  }
}

export function resendWebhook(deps: InvitationRouteDeps): Route {
  const { RESEND_WEBHOOK_SECRET: secret } = deps.config;
  const emitEvent = createEmitEvent(deps.eventStore, INVITATION_EVENTS);
  const { invitations } = deps;
  return open({
    method: 'POST',
    path: RESEND_WEBHOOK_PATH,
    access: { open: 'the signature is the permission: Resend has no token of ours' },
    async handle(ctx) {
      if (!secret) throw notFound('webhook');
      const body = await boundedText(ctx.req, MAX_BYTES);
      if (body === undefined) throw new Problem(413, 'too-large', 'The report is too large');
      const headers = Object.fromEntries(SIGNED.map((name) => [name, ctx.get(name)]));
      verify(secret, body, headers);
      const report = REPORT.safeParse(JSON.parse(body));
      const isOurs =
        report.success &&
        (await recordBounce(
          { invitations, emitEvent },
          {
            messageId: report.data.data.tags[MESSAGE_TAG]!,
            reason: reasonOf(report.data),
            source: 'resend',
          },
        ));
      // Reports of other mails and kinds are taken all the same: Resend would send them again.
      ctx.body = { recorded: isOurs };
    },
  });
}
