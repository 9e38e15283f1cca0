/** Resend's `POST /emails` and `GET /domains` on loopback, with its idempotency keys and the faults of its API. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ResendMail {
  to: string;
  from: string;
  subject: string;
  key: string;
  headers: Record<string, string>;
  /** Names and values that come back with reports of the mail. */
  tags: { name: string; value: string }[];
}

/**
 * Answers with this status and body and does not do the work. `hang` never answers; `drop` and
 * `cut` send the mail, and give no answer, or one that breaks off.
 */
export type ResendFault =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | 'hang'
  | 'drop'
  | 'cut';

export interface LoopbackResend {
  /** For RESEND_API_BASE_URL. */
  url: string;
  mails: ResendMail[];
  /** The key may send, and nothing else. */
  sendsOnly: boolean;
  /** Answers the next requests so. */
  fail(fault: ResendFault, times?: number): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** @param apiKey the only one that is accepted. */
export async function startLoopbackResend(apiKey: string): Promise<LoopbackResend> {
  const mails: ResendMail[] = [];
  const faults: ResendFault[] = [];
  const sent = new Map<string, { id: string; content: string }>();
  const self: LoopbackResend = {
    url: '',
    mails,
    sendsOnly: false,
    fail: (fault, times = 1) => void faults.push(...Array.from({ length: times }, () => fault)),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function answer(response: ServerResponse, status: number, body: unknown, headers = {}): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const refuse = (response: ServerResponse, status: number, name: string): void =>
    answer(response, status, { statusCode: status, name, message: 'injected' });

  /** @returns the id of the mail; the same for a repeated request. */
  function take(key: string, mail: ResendMail): string | undefined {
    const content = JSON.stringify(mail);
    const before = sent.get(key);
    if (before) return before.content === content ? before.id : undefined;
    const id = `mail-${mails.length + 1}`;
    mails.push({ ...mail, key });
    sent.set(key, { id, content });
    return id;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await text(request);
    const fault = faults.shift();
    if (fault === 'hang') return;
    if (typeof fault === 'object') {
      return answer(response, fault.status, fault.body ?? {}, fault.headers);
    }
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return refuse(response, 403, 'invalid_api_key');
    }
    if (request.method === 'GET') {
      if (self.sendsOnly) return refuse(response, 401, 'restricted_api_key');
      return answer(response, 200, { data: [] });
    }
    const mail = JSON.parse(asked) as ResendMail;
    const key = String(request.headers['idempotency-key'] ?? '');
    const id = take(key, mail);
    if (!id) return refuse(response, 409, 'invalid_idempotent_request');
    if (fault === 'drop') return void response.destroy();
    if (fault === 'cut') {
      response.writeHead(200, { 'content-length': 100 });
      return void response.write('{"id":', () => response.destroy());
    }
    answer(response, 200, { id });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  self.url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return self;
}
