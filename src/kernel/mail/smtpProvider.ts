/**
 * Sends mails over SMTP, through nodemailer's connections. We hold them ourselves, and not in
 * nodemailer's pool, for three reasons: its queue cannot be left, so that an abandoned attempt would
 * still be sent; it repeats a mail whose connection broke; and it does not tell whether the
 * server had the whole mail by then.
 */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { isProviderError } from '#kernel/providerError.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';
import type { EmailProvider, Mail, SendOptions } from './mail.ts';
import { createSlots } from './slots.ts';
import { deliver, settled } from './smtpDelivery.ts';
import { toProviderError } from './smtpError.ts';

export type SmtpConfig = Pick<
  KernelWorkerConfig,
  | 'SMTP_HOST'
  | 'SMTP_PORT'
  | 'SMTP_SECURE'
  | 'SMTP_USER'
  | 'SMTP_PASS'
  | 'SMTP_ALLOW_CLEARTEXT'
  | 'SMTP_CA_FILE'
  | 'SMTP_CONNECTIONS'
  | 'SMTP_GREETING_TIMEOUT_MS'
  | 'SMTP_COMMAND_TIMEOUT_MS'
  | 'SMTP_DATA_TIMEOUT_MS'
  | 'MAIL_FROM'
  | 'PLATFORM_BASE_DOMAIN'
>;

/** Reaching an address takes seconds, or it does not work. */
const CONNECT_TIMEOUT_MS = 30_000;
/** A server may close what is idle; a mail on such a connection is sent on another one. */
const KEEP_IDLE_MS = 5_000;
function tlsOptions({ SMTP_CA_FILE: file }: SmtpConfig): tls.ConnectionOptions {
  if (!file) return {};
  return { ca: [...tls.getCACertificates('default'), readFileSync(file, 'utf8')] };
}

/** @throws Error when SMTP_CA_FILE cannot be read. */
export function createSmtpProvider(config: SmtpConfig): EmailProvider {
  const options = {
    host: config.SMTP_HOST,
    port: config.SMTP_PORT,
    secure: config.SMTP_SECURE,
    // Otherwise an attacker who removes the STARTTLS offer gets the password in clear text.
    requireTLS: Boolean(config.SMTP_USER) && !config.SMTP_ALLOW_CLEARTEXT,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: config.SMTP_GREETING_TIMEOUT_MS,
    socketTimeout: Math.max(config.SMTP_COMMAND_TIMEOUT_MS, config.SMTP_DATA_TIMEOUT_MS) + 1000,
    tls: tlsOptions(config),
  };
  const limits = {
    commandMs: config.SMTP_COMMAND_TIMEOUT_MS,
    dataMs: config.SMTP_DATA_TIMEOUT_MS,
  };
  const slots = createSlots(config.SMTP_CONNECTIONS);
  const idle = new Map<SMTPConnection, NodeJS.Timeout>();
  const open = new Set<SMTPConnection>();

  function drop(connection: SMTPConnection): void {
    clearTimeout(idle.get(connection));
    idle.delete(connection);
    open.delete(connection);
    connection.close();
  }

  function keep(connection: SMTPConnection): void {
    idle.set(connection, setTimeout(() => drop(connection), KEEP_IDLE_MS).unref());
  }

  function takeIdle(): SMTPConnection | undefined {
    const [found] = idle;
    if (!found) return undefined;
    clearTimeout(found[1]);
    idle.delete(found[0]);
    return found[0];
  }

  async function connect(signal: AbortSignal | undefined): Promise<SMTPConnection> {
    const connection = new SMTPConnection(options);
    open.add(connection);
    // An error of an idle connection has no other listener, and would end the process.
    connection.on('error', () => {});
    connection.once('end', () => drop(connection));
    const leave = () => connection.close();
    signal?.addEventListener('abort', leave, { once: true });
    const limitMs = CONNECT_TIMEOUT_MS + config.SMTP_GREETING_TIMEOUT_MS;
    try {
      await settled(connection, limitMs, (done) => connection.connect(done));
      if (config.SMTP_USER) {
        const credentials = { user: config.SMTP_USER, pass: config.SMTP_PASS ?? '' };
        await settled(connection, config.SMTP_COMMAND_TIMEOUT_MS, (done) =>
          connection.login({ credentials }, done),
        );
      }
      signal?.throwIfAborted();
      return connection;
    } catch (error) {
      drop(connection);
      throw error;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  async function compose({ kind: _kind, messageId, correlationId, ...mail }: Mail) {
    const composer = new MailComposer({
      ...mail,
      from: config.MAIL_FROM,
      messageId: `<${messageId}@${config.PLATFORM_BASE_DOMAIN}>`,
      headers: { [CORRELATION_HEADER]: correlationId },
      // All content is from our templates: nothing in it may make nodemailer read files or URLs.
      disableFileAccess: true,
      disableUrlAccess: true,
    }).compile();
    const message = await composer.build();
    return { envelope: composer.getEnvelope(), message };
  }

  async function sendOver(connection: SMTPConnection, mail: Mail, how: SendOptions): Promise<void> {
    const { envelope, message } = await compose(mail);
    try {
      await deliver(connection, { envelope, message }, { ...limits, ...how });
      keep(connection);
    } catch (error) {
      drop(connection);
      throw error;
    }
  }

  /** A connection that was idle may be dead without our knowing. */
  const isStale = (error: unknown, how: SendOptions): boolean =>
    !how.signal?.aborted &&
    (error as { code?: string; responseCode?: number }).code === 'ECONNECTION' &&
    (error as { responseCode?: number }).responseCode === undefined;

  async function send(mail: Mail, how: SendOptions): Promise<void> {
    const used = takeIdle();
    if (used) {
      try {
        return await sendOver(used, mail, how);
      } catch (error) {
        if (!isStale(error, how)) throw error;
      }
    }
    await sendOver(await connect(how.signal), mail, how);
  }

  /** Greeting, EHLO and login on a connection of its own: one that is idle would prove less. */
  async function greet(signal: AbortSignal): Promise<void> {
    const connection = await connect(signal);
    connection.quit();
  }

  /** Does the work when a connection is free. @throws ProviderError */
  async function inSlot(signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    const release = await slots.take(signal);
    try {
      await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw isProviderError(error) ? error : toProviderError(error);
    } finally {
      release();
    }
  }

  return {
    send: (mail, how = {}) => inSlot(how.signal, () => send(mail, how)),
    check: (signal) => inSlot(signal, () => greet(signal)),
    close() {
      for (const connection of open) drop(connection);
    },
  };
}
