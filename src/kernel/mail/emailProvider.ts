/** Makes the e-mail provider that EMAIL_PROVIDER names. */
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { EmailProvider } from './mail.ts';
import { createResendProvider, type ResendConfig } from './resendProvider.ts';
import { createSmtpProvider, type SmtpConfig } from './smtpProvider.ts';

type EmailConfig = SmtpConfig & ResendConfig & Pick<KernelWorkerConfig, 'EMAIL_PROVIDER'>;

/** One for each value of EMAIL_PROVIDER. */
const PROVIDERS: Record<EmailConfig['EMAIL_PROVIDER'], (config: EmailConfig) => EmailProvider> = {
  smtp: createSmtpProvider,
  resend: createResendProvider,
};

export const createEmailProvider = (config: EmailConfig): EmailProvider =>
  PROVIDERS[config.EMAIL_PROVIDER](config);
