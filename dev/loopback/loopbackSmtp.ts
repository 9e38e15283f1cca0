/** A mail server on loopback that keeps the mails it accepts, and serves a page to read them. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { mailboxPage } from './mailboxPage.ts';
import type { ReceivedMail } from './receivedMail.ts';

/**
 * What the server does with a recipient: responds with a code; `hold` sends no response and does
 * not accept the mail, `silent` accepts it and sends no response, `drop` accepts it and closes the
 * connection. `late` accepts it and answers after the given time. `cut` closes the connection in the
 * middle of the mail. `greylist` refuses each recipient once, with 451. `refuse` gets the whole mail
 * and then answers with the code. `away`, for all addresses, closes every connection at once.
 */
export type SmtpFault =
  | { code: number }
  | { lateMs: number }
  | { refuse: number }
  | 'hold'
  | 'silent'
  | 'drop'
  | 'cut'
  | 'greylist'
  | 'away';

/** A login attempt, and whether the connection was encrypted. */
export interface SmtpLogin {
  user: string;
  encrypted: boolean;
}

export interface LoopbackSmtpOptions {
  /** By default a free port. */
  port?: number;
  /** Offers AUTH, and accepts every login. */
  takesLogins?: boolean;
  /** Offers STARTTLS with this key and certificate, both in PEM format. */
  tls?: { key: string; cert: string };
}

export interface LoopbackSmtp {
  port: number;
  /** Address of the mailbox: HTML at /, JSON at /mails. */
  mailboxUrl: string;
  mails: ReceivedMail[];
  logins: SmtpLogin[];
  /** Recipients whose senders get no response. */
  waiting: string[];
  /** Recipients that were refused, each time. */
  refused: string[];
  /** Takes so many recipients in each second, and answers 451 to the others. */
  limit(perSecond: number): void;
  /** Applies a fault to mails for this address (`*` for all addresses) until it is cleared. */
  fail(address: string, fault: SmtpFault): void;
  clearFaults(): void;
  /** Closes all connections, as a server does with idle ones. */
  disconnect(): void;
  /** The largest number of connections that were open at the same time. */
  mostAtOnce(): number;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

const GREYLISTED = 451;
const refusal = (responseCode: number) => Object.assign(new Error('injected'), { responseCode });

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

/** Answers 451 to what exceeds a number in each second of the clock. */
function perSecondLimiter() {
  let limit = Number.POSITIVE_INFINITY;
  let second = 0;
  let taken = 0;
  return {
    set(perSecond: number) {
      limit = perSecond;
    },
    next(): SmtpFault | undefined {
      const now = Math.floor(Date.now() / 1000);
      if (now !== second) taken = 0;
      second = now;
      taken++;
      return taken > limit ? { code: 451 } : undefined;
    },
  };
}

function smtpServer(
  { takesLogins = false, tls }: LoopbackSmtpOptions,
  {
    mails,
    logins,
    waiting,
    refused,
  }: Pick<LoopbackSmtp, 'mails' | 'logins' | 'waiting' | 'refused'>,
  faults: Map<string, SmtpFault>,
  limited: () => SmtpFault | undefined,
): { smtp: SMTPServer; disconnect: () => void; mostAtOnce: () => number } {
  const faultOf = (address: string) => faults.get(address) ?? faults.get('*');
  let most = 0;
  const greylisted = new Set<string>();
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
      const fault = faultOf(address) ?? limited();
      if (fault === 'hold') return void waiting.push(address);
      if (fault === 'greylist' && !greylisted.has(address)) {
        greylisted.add(address);
        refused.push(address);
        return callback(refusal(GREYLISTED));
      }
      if (typeof fault !== 'object' || !('code' in fault)) return callback();
      refused.push(address);
      return callback(refusal(fault.code));
    },
    onData(stream, session, callback) {
      const [{ address } = { address: '' }] = session.envelope.rcptTo;
      const fault = faultOf(address);
      const close = () => sockets.get(session.remotePort)?.destroy();
      if (fault === 'cut') return void stream.once('data', close);
      received(stream, session).then(
        (mail) => {
          if (typeof fault === 'object' && 'refuse' in fault)
            return callback(refusal(fault.refuse));
          mails.push(mail);
          if (fault === 'silent') waiting.push(address);
          else if (fault === 'drop') close();
          else if (typeof fault === 'object' && 'lateMs' in fault) {
            waiting.push(address);
            setTimeout(callback, fault.lateMs);
          } else callback();
        },
        // The client was killed in the middle of the mail.
        () => {},
      );
    },
  });
  smtp.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    most = Math.max(most, sockets.size);
    socket.once('close', () => sockets.delete(remotePort));
    if (faults.get('*') === 'away') socket.destroy();
  });
  smtp.on('error', () => {
    // Some tests kill a client in the middle of an SMTP session.
  });
  return {
    smtp,
    disconnect() {
      for (const socket of sockets.values()) socket.destroy();
    },
    mostAtOnce: () => most,
  };
}

/** Starts the SMTP server, and the mailbox page on a free port. */
export async function startLoopbackSmtp(options: LoopbackSmtpOptions = {}): Promise<LoopbackSmtp> {
  const { port = 0 } = options;
  const mails: ReceivedMail[] = [];
  const logins: SmtpLogin[] = [];
  const waiting: string[] = [];
  const refused: string[] = [];
  const limiter = perSecondLimiter();
  const faults = new Map<string, SmtpFault>();
  const { smtp, disconnect, mostAtOnce } = smtpServer(
    options,
    { mails, logins, waiting, refused },
    faults,
    limiter.next,
  );
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
    refused,
    limit: limiter.set,
    fail: (address, fault) => void faults.set(address, fault),
    clearFaults() {
      faults.clear();
      limiter.set(Number.POSITIVE_INFINITY);
    },
    disconnect,
    mostAtOnce,
    async stop() {
      mailbox.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => mailbox.close(() => resolve())),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ]);
    },
  };
}
