/** Other spellings of a path, and requests whose path is sent exactly as it is written. */
import { Agent, request } from 'node:http';

const encoded = (char: string) => `%${char.charCodeAt(0).toString(16)}`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const onEach = (path: string, change: (segment: string) => string): string[] => {
  const segments = path.split('/');
  return segments.flatMap((segment, at) =>
    segment ? [segments.with(at, change(segment)).join('/')] : [],
  );
};

/** Spellings that a proxy, a decoder or a file system would take for the same path. */
export const spellings = (path: string): string[] => [
  path.toUpperCase(),
  path.split('/').map(capital).join('/'),
  ...onEach(path, (segment) => segment.toUpperCase()),
  ...onEach(path, capital),
  ...onEach(path, (segment) => encoded(segment.charAt(0)) + segment.slice(1)),
  ...onEach(path, (segment) => encoded(segment.charAt(0).toUpperCase()) + segment.slice(1)),
  ...onEach(path, (segment) => `/${segment}`),
  ...onEach(path, (segment) => `./${segment}`),
  ...onEach(path, (segment) => `x/../${segment}`),
  ...onEach(path, (segment) => `${segment};x=1`),
  ...onEach(path, (segment) => `${segment}%00`),
  path.replaceAll('/', '%2f').replace('%2f', '/'),
  path.replaceAll('/', '%2F').replace('%2F', '/'),
  path.replaceAll('/', '\\').replace('\\', '/'),
  `${path}/`,
  `${path}//`,
  `${path}%2f`,
  `${path}%20`,
  `${path}.json`,
  `http://elsewhere.example${path}`,
  `http://elsewhere.example${capital(path.slice(1))}`,
];

export interface SentRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

export interface RawAnswer {
  status: number;
  /** The last part of the problem's type; undefined for an answer that is none. */
  code: string | undefined;
  title: string | undefined;
}

function problemIn(text: string): Pick<RawAnswer, 'code' | 'title'> {
  const { type, title } = text.startsWith('{') ? JSON.parse(text) : {};
  return { code: /^urn:a4c:problem:(.+)$/.exec(String(type))?.[1], title };
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 });

/** Sends exactly this target: `fetch` would normalize it. */
export async function sendRaw(
  url: string,
  { method, path, headers = {}, body }: SentRequest,
): Promise<RawAnswer> {
  const content = body === undefined ? '' : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const call = request(
    url,
    {
      agent,
      method,
      path,
      headers: {
        ...(content && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
        ...headers,
      },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, ...problemIn(text) }));
    },
  );
  call.once('error', reject);
  call.end(content);
  return promise;
}
