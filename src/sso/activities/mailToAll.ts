/** One mail to everybody who has to know; whoever has got it does not get it again. */
import { createHash } from 'node:crypto';
import type { MailContent } from '#kernel/mail/mailContent.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { SsoDeps } from './deps.ts';

const DIGEST_LENGTH = 12;

/** Stands for an address where the address itself has no business: ids and heartbeats. */
const digestOf = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, DIGEST_LENGTH);

/** The requester and the organization's admins, each once. */
export async function recipientsOf(
  { ssoConfigurations }: SsoDeps,
  orgId: string,
  requesterEmail?: string,
): Promise<string[]> {
  const admins = await ssoConfigurations.adminAddresses(orgId);
  return [...new Set([...(requesterEmail ? [requesterEmail.toLowerCase()] : []), ...admins])];
}

/**
 * Sends to all, leaving out those that an earlier attempt reached.
 * @param messageId beginning of each Message-ID.
 * @returns how many mail servers took it. @throws ProviderError when one should be tried again.
 */
export async function mailToAll(
  { emailProvider }: SsoDeps,
  { remember, remembered }: ActivityScope,
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
      await emailProvider.send({
        kind: 'sso',
        to,
        ...content,
        messageId: `${messageId}-${digest}`,
        correlationId: currentCorrelationId() ?? '',
      });
      reached.add(digest);
      remember([...reached]);
    } catch (error) {
      // An address that is refused for good is no reason to keep the others waiting.
      if (!isProviderError(error) || error.retryable) later = error;
    }
  }
  if (later) throw later;
  return reached.size;
}
