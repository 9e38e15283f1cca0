/** Sends mail over SMTP with nodemailer: through any SMTP server, or Resend's relay. */
import { createTransport } from 'nodemailer';
import { ProviderError, type ProviderFailures } from '#kernel/providerError.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';

type EmailConfig = Pick<
  KernelWorkerConfig,
  | 'EMAIL_PROVIDER'
  | 'RESEND_API_KEY'
  | 'SMTP_HOST'
  | 'SMTP_PORT'
  | 'SMTP_SECURE'
  | 'SMTP_USER'
  | 'SMTP_PASS'
  | 'SMTP_ALLOW_CLEARTEXT'
  | 'MAIL_FROM'
  | 'PLATFORM_BASE_DOMAIN'
>;

export interface Mail {
  /** One of the kinds that the family declares: a label of the metric mails_total. */
  kind: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Local part of the Message-ID; the same for each attempt to send the same mail. */
  messageId: string;
  correlationId: string;
}

export interface EmailProvider {
  /**
   * Resolves when the server has accepted the mail.
   * @throws ProviderError rejected (5xx: permanent) or unavailable (4xx, network, timeout).
   */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Resend's SMTP relay (resend.com/docs/send-with-smtp). */
const RESEND = { host: 'smtp.resend.com', port: 465, secure: true, user: 'resend' };
const CONNECT_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 20_000;
const MAX_CONNECTIONS = 5;
const PERMANENT = 500;

type Choice = EmailConfig['EMAIL_PROVIDER'];

interface Server {
  host: string | undefined;
  port: number;
  secure: boolean;
  user: string | undefined;
  pass: string | undefined;
}

const ownServer = (config: EmailConfig): Server => ({
  host: config.SMTP_HOST,
  port: config.SMTP_PORT,
  secure: config.SMTP_SECURE,
  user: config.SMTP_USER,
  pass: config.SMTP_PASS,
});

const resend = (config: EmailConfig): Server => ({ ...RESEND, pass: config.RESEND_API_KEY });

function transportOptions(server: Server, config: EmailConfig) {
  const { host, port, secure, user, pass } = server;
  if (!user) return { host, port, secure };
  // Without requireTLS, an attacker who removes the STARTTLS offer gets the password in clear text.
  return { host, port, secure, auth: { user, pass }, requireTLS: !config.SMTP_ALLOW_CLEARTEXT };
}

const EMAIL_FAILURE: ProviderFailures = {
  provider: 'smtp',
  conflict: 'EmailRejected',
  rejected: 'EmailRejected',
  unavailable: 'EmailUnavailable',
};

/** Uses only the reply code, because the servers' texts often contain the address. */
function toProviderError(error: unknown): ProviderError {
  const {
    responseCode: status,
    code,
    command,
  } = error as { responseCode?: number; code?: string; command?: string };
  if (code === 'ETLS' && command === 'STARTTLS' && status !== undefined) {
    const message =
      'the mail server offers no STARTTLS, and the login of SMTP_USER is not sent in clear: set SMTP_SECURE=true for a port that begins with TLS, or SMTP_ALLOW_CLEARTEXT=true on a network that nobody else reads';
    return new ProviderError(EMAIL_FAILURE, 'unavailable', message, { status });
  }
  if (code === 'EAUTH') {
    const message =
      'the mail server refused our login: check SMTP_USER and SMTP_PASS, or RESEND_API_KEY';
    return new ProviderError(EMAIL_FAILURE, 'unavailable', message, { status });
  }
  // EENVELOPE without a reply: nodemailer itself found no usable address.
  const permanent = status === undefined ? code === 'EENVELOPE' : status >= PERMANENT;
  const reason = status ? `answered ${status}` : `failed (${code ?? 'unknown'})`;
  return new ProviderError(
    EMAIL_FAILURE,
    permanent ? 'rejected' : 'unavailable',
    `the mail server ${reason}`,
    { status },
  );
}

function overSmtp(server: Server, config: EmailConfig): EmailProvider {
  const transport = createTransport({
    ...transportOptions(server, config),
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    // All content is from our templates: nothing in it may make nodemailer read files or URLs.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ kind: _kind, messageId, correlationId, ...mail }) {
      try {
        await transport.sendMail({
          ...mail,
          from: config.MAIL_FROM,
          messageId: `<${messageId}@${config.PLATFORM_BASE_DOMAIN}>`,
          headers: { [CORRELATION_HEADER]: correlationId },
        });
      } catch (error) {
        throw toProviderError(error);
      }
    },
    close: () => transport.close(),
  };
}

/** One for each value of EMAIL_PROVIDER. */
const PROVIDERS: Record<Choice, (config: EmailConfig) => EmailProvider> = {
  smtp: (config) => overSmtp(ownServer(config), config),
  resend: (config) => overSmtp(resend(config), config),
};

export const createEmailProvider = (config: EmailConfig): EmailProvider =>
  PROVIDERS[config.EMAIL_PROVIDER](config);
