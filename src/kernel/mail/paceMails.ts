/** Sends mails at the pace that all workers share. */
import type { Pace } from '#kernel/patience/pace.ts';
import type { EmailProvider } from './mail.ts';

export const paceMails = (provider: EmailProvider, pace: Pace): EmailProvider => ({
  send: (...args) => pace.inTurn('smtp', 1, () => provider.send(...args)),
  check: (signal) => pace.inTurn('smtp', 1, () => provider.check(signal)),
  close: () => provider.close(),
});
