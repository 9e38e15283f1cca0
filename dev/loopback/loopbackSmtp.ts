/** A mail server on loopback that keeps what it takes, and a page to read it on. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { mailboxPage } from './mailboxPage.ts';
import type { ReceivedMail } from './receivedMail.ts';

/**
 * What the server does to a recipient: answers with a code; `hold` says nothing before it takes
 * the mail, `silent` says nothing after it, `drop` cuts the connection after it.
 */
export type SmtpFault = { code: number } | 'hold' | 'silent' | 'drop';

/** A login that arrived, and whether anybody on the way could read it. */
export interface SmtpLogin {
  user: string;
  encrypted: boolean;
}

export interface LoopbackSmtpOptions {
  /** A free one when left out. */
  port?: number;
  /** Offers AUTH, and takes every login. */
  takesLogins?: boolean;
  /** Offers STARTTLS with this key and certificate, both PEM. */
  tls?: { key: string; cert: string };
}

export interface LoopbackSmtp {
  port: number;
  /** The mailbox: HTML at /, JSON at /mails. */
  mailboxUrl: string;
  mails: ReceivedMail[];
  logins: SmtpLogin[];
  /** Addresses whose senders are left waiting. */
  waiting: string[];
  /** Mails to this address, or to anybody with `*`, meet the fault until it is cleared. */
  fail(address: string, fault: SmtpFault): void;
  clearFaults(): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

async function received(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<ReceivedMail> {
  const mail = await simpleParser(stream);
  return {
    to: session.envelope.rcptTo.map(({ address }) => address),
    from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? '',
    correlationId: String(mail.headers.get('x-correlation-id') ?? ''),
    text: mail.text ?? '',
    html: mail.html || '',
    receivedAt: new Date(),
  };
}

function smtpServer(
  { takesLogins = false, tls }: LoopbackSmtpOptions,
  { mails, logins, waiting }: Pick<LoopbackSmtp, 'mails' | 'logins' | 'waiting'>,
  faults: Map<string, SmtpFault>,
): SMTPServer {
  const faultOf = (address: string) => faults.get(address) ?? faults.get('*');
  const sockets = new Map<number | undefined, Socket>();
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(takesLogins ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    ...tls,
    logger: false,
    onAuth({ username = '' }, { secure }, callback) {
      logins.push({ user: username, encrypted: secure });
      callback(null, { user: username });
    },
    onRcptTo({ address }, _session, callback) {
      const fault = faultOf(address);
      if (fault === 'hold') return void waiting.push(address);
      if (typeof fault !== 'object') return callback();
      return callback(Object.assign(new Error('injected'), { responseCode: fault.code }));
    },
    async onData(stream, session, callback) {
      const mail = await received(stream, session);
      mails.push(mail);
      const [address = ''] = mail.to;
      const fault = faultOf(address);
      if (fault === 'silent') waiting.push(address);
      else if (fault === 'drop') sockets.get(session.remotePort)?.destroy();
      else callback();
    },
  });
  smtp.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  smtp.on('error', () => {
    // A client that was killed in the middle of a conversation is what some tests are about.
  });
  return smtp;
}

/** Starts SMTP, and the mailbox on a free port. */
export async function startLoopbackSmtp(options: LoopbackSmtpOptions = {}): Promise<LoopbackSmtp> {
  const { port = 0 } = options;
  const mails: ReceivedMail[] = [];
  const logins: SmtpLogin[] = [];
  const waiting: string[] = [];
  const faults = new Map<string, SmtpFault>();
  const smtp = smtpServer(options, { mails, logins, waiting }, faults);
  await new Promise<void>((resolve) => smtp.listen(port, HOST, resolve));
  const mailbox = createServer((request, response) => {
    const json = request.url === '/mails';
    response.setHeader('content-type', json ? 'application/json' : 'text/html; charset=utf-8');
    response.end(json ? JSON.stringify(mails) : mailboxPage(mails));
  });
  await new Promise<void>((resolve) => mailbox.listen(0, HOST, resolve));
  return {
    port: (smtp.server.address() as AddressInfo).port,
    mailboxUrl: `http://${HOST}:${(mailbox.address() as AddressInfo).port}`,
    mails,
    logins,
    waiting,
    fail: (address, fault) => void faults.set(address, fault),
    clearFaults: () => faults.clear(),
    async stop() {
      mailbox.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => mailbox.close(() => resolve())),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ]);
    },
  };
}
