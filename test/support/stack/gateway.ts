/** What stands between the Edge Function and the API: counts requests, passes them on, or does not. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from '#support/http/listen.ts';

/** `page` answers with HTML, `elsewhere` with a redirect, `silent` does not answer. */
export type GatewayBehaviour = 'pass' | 'page' | 'elsewhere' | 'silent' | 'cut';

export interface Gateway {
  url: string;
  behaviour: GatewayBehaviour;
  /** Headers of every request that has arrived. */
  requests: IncomingMessage['headers'][];
  stop(): Promise<void>;
}

function pass(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const outgoing = request(target + url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}

const BEHAVIOURS: Record<GatewayBehaviour, typeof pass> = {
  pass,
  page(_target, _incoming, response) {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
  },
  elsewhere(target, _incoming, response) {
    response.writeHead(307, { location: `${target}/elsewhere` }).end();
  },
  silent() {},
  cut(_target, _incoming, response) {
    response.destroy();
  },
};

export async function startGateway(target: string): Promise<Gateway> {
  const server = createServer((incoming, response) => {
    gateway.requests.push(incoming.headers);
    BEHAVIOURS[gateway.behaviour](target, incoming, response);
  });
  const { origin } = await listen(server);
  const gateway: Gateway = {
    url: origin,
    behaviour: 'pass',
    requests: [],
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return gateway;
}
