/** Hands one mail to an SMTP connection, and knows from when on it may have been accepted. */
import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SendOptions } from './mail.ts';
import { SmtpSilence, unknownOutcome } from './smtpError.ts';

/** MAIL, RCPT and DATA are answered one by one. */
const ENVELOPE_COMMANDS = 3;

type Done = (error?: Error | null) => void;

/** Ends with the callback, or when the connection fails or says nothing for `limitMs`. */
export function settled(
  connection: SMTPConnection,
  limitMs: number,
  start: (done: Done) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const silent = () =>
      reject(new SmtpSilence(`the mail server was silent for ${Math.round(limitMs / 1000)} s`));
    const timer = setTimeout(silent, limitMs);
    const closed = Object.assign(new Error('closed'), { code: 'ECONNECTION' });
    // A reply of 421 comes with the end of the connection, and says more.
    const ended = () => setImmediate(reject, closed);
    const finish = (error?: Error | null) => {
      clearTimeout(timer);
      connection.off('error', finish);
      connection.off('end', ended);
      if (error) reject(error);
      else resolve();
    };
    connection.on('error', finish);
    connection.on('end', ended);
    start(finish);
  });
}

/** Rejects after a time without `stop`. */
function limit(ms: number) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const silence = new SmtpSilence(`the mail server was silent for ${Math.round(ms / 1000)} s`);
  const timer = setTimeout(() => reject(silence), ms);
  return { promise, stop: () => clearTimeout(timer) };
}

/** The mail as a stream that is read when the server has asked for it (354). */
function bodyOf(message: Buffer, onEnd: () => void): Readable {
  let pushed = false;
  return new Readable({
    read() {
      // The final dot follows the end of the body.
      if (pushed) onEnd();
      this.push(pushed ? null : message);
      pushed = true;
    },
  });
}

interface Outgoing {
  envelope: { from: string | false; to: string[] };
  message: Buffer;
}

interface Limits {
  commandMs: number;
  /** From the final dot to its answer. */
  dataMs: number;
}

/** @throws ProviderError unknown_outcome when the server had the whole mail, and was silent. */
export async function deliver(
  connection: SMTPConnection,
  { envelope, message }: Outgoing,
  { commandMs, dataMs, signal, onHandover }: Limits & SendOptions,
): Promise<void> {
  const handover = Promise.withResolvers<void>();
  let handedOver = false;
  const body = bodyOf(message, () => {
    handedOver = true;
    onHandover?.();
    handover.resolve();
  });
  // From the handover on only the answer tells whether the mail was sent.
  const leave = () => handedOver || connection.close();
  signal?.addEventListener('abort', leave, { once: true });
  const commands = limit(ENVELOPE_COMMANDS * commandMs);
  let data: ReturnType<typeof limit> | undefined;
  try {
    const answer = settled(connection, ENVELOPE_COMMANDS * commandMs + dataMs, (done) =>
      connection.send(envelope, body, done),
    );
    await Promise.race([answer, handover.promise, commands.promise]);
    commands.stop();
    data = limit(dataMs);
    await Promise.race([answer, data.promise]);
  } catch (error) {
    const { responseCode } = error as { responseCode?: number };
    if (handedOver && responseCode === undefined) throw unknownOutcome();
    throw error;
  } finally {
    commands.stop();
    data?.stop();
    signal?.removeEventListener('abort', leave);
  }
}
