/** Sends one mail to several people; a retry leaves out those who already got it. */
import { createHash } from 'node:crypto';
import type { MailContent } from '#kernel/mail/mailContent.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { SsoDeps } from './deps.ts';

const DIGEST_LENGTH = 12;

/** A hash in place of an address, for ids and heartbeats, which must not contain addresses. */
const digestOf = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, DIGEST_LENGTH);

/** The requester and the organization's admins, without duplicates. */
export async function recipientsOf(
  { ssoConfigurations }: SsoDeps,
  orgId: string,
  requesterEmail?: string,
): Promise<string[]> {
  const admins = await ssoConfigurations.adminAddresses(orgId);
  return [...new Set([...(requesterEmail ? [requesterEmail.toLowerCase()] : []), ...admins])];
}

/**
 * Sends to all recipients except those that an earlier attempt reached.
 * @param messageId the beginning of each Message-ID.
 * @returns how many mails were accepted. @throws ProviderError when one must be retried.
 */
export async function mailToAll(
  { emailProvider }: SsoDeps,
  { remember, remembered, signal }: ActivityScope,
  recipients: string[],
  content: MailContent,
  messageId: string,
): Promise<number> {
  const reached = new Set(Array.isArray(remembered) ? (remembered as string[]) : []);
  let later: unknown;
  for (const to of recipients) {
    const digest = digestOf(to);
    if (reached.has(digest)) continue;
    try {
      const mail = {
        kind: 'sso',
        to,
        ...content,
        messageId: `${messageId}-${digest}`,
        correlationId: currentCorrelationId() ?? '',
      };
      // From the handover on it may arrive: a worker that dies now must not lead to a second copy.
      const onHandover = () => remember([...reached, digest]);
      await emailProvider.send(mail, { signal, onHandover });
      reached.add(digest);
      remember([...reached]);
    } catch (error) {
      signal.throwIfAborted();
      if (isProviderError(error) && error.kind === 'unknown_outcome') reached.add(digest);
      remember([...reached]);
      // A permanently refused address must not stop the mails to the others.
      if (!isProviderError(error) || error.retryable) later = error;
    }
  }
  if (later) throw later;
  return reached.size;
}
