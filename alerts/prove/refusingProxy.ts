/** A proxy in front of Temporal's frontend that can reject calls like a rate limit. */
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface RefusingProxy {
  /** For TEMPORAL_ADDRESS. */
  address: string;
  /** While it is true, every call is answered with RESOURCE_EXHAUSTED. */
  refusing: boolean;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const RESOURCE_EXHAUSTED = '8';
const REFUSAL = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-status': RESOURCE_EXHAUSTED,
  'grpc-message': 'injected',
};

/** Forwards one call, and its response with the trailers that contain the gRPC status. */
function forward(
  upstream: http2.ClientHttp2Session,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
): void {
  const call = upstream.request(headers);
  let trailers: http2.IncomingHttpHeaders = {};
  call.on('response', (answer) => {
    if (!stream.destroyed) stream.respond(answer, { waitForTrailers: true });
  });
  call.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.pipe(call).pipe(stream);
  // When either side closes the stream, close the other.
  stream.on('error', () => call.close());
  stream.on('aborted', () => call.close());
  call.on('error', () => stream.close());
}

export async function startRefusingProxy(target: string): Promise<RefusingProxy> {
  const upstream = http2.connect(`http://${target}`);
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    if (proxy.refusing) stream.respond(REFUSAL, { endStream: true });
    else forward(upstream, stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const proxy: RefusingProxy = {
    address: `${HOST}:${(server.address() as AddressInfo).port}`,
    refusing: false,
    async stop() {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
