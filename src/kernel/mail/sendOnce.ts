/** Sends a mail at most once, over all attempts of an activity. */
import { isProviderError } from '#kernel/providerError.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { SendOptions } from './mail.ts';

/** Remembered between attempts. */
const ACCEPTED = 'accepted';
/** The server may have accepted it: its answer was lost, or the worker while it waited for it. */
const HANDED_OVER = 'handed over';
const REFUSED = 'refused';

export type MailOutcome = 'sent' | 'unknown';

/**
 * An unknown outcome is not sent again: a second copy is worse than a person who asks for one.
 * @throws the error of `send`, for other failures.
 */
export async function sendOnce(
  { remember, remembered, signal }: ActivityScope,
  send: (options: SendOptions) => Promise<void>,
): Promise<MailOutcome> {
  if (remembered === ACCEPTED) return 'sent';
  if (remembered === HANDED_OVER) return 'unknown';
  try {
    await send({ signal, onHandover: () => remember(HANDED_OVER) });
  } catch (error) {
    if (isProviderError(error) && error.kind === 'unknown_outcome') return 'unknown';
    remember(REFUSED);
    throw error;
  }
  remember(ACCEPTED);
  return 'sent';
}
