/**
 * The control port of `npm run dev`: `npm run gameday` breaks the running stack through it. It
 * listens on loopback, and its address and token are in a file that only the owner can read.
 */
import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import type { Breakable } from './breakable.ts';

/** What another process has to know of a running `npm run dev`. */
export interface ControlFile {
  url: string;
  token: string;
  /** What this installation says it is: DEPLOYMENT_ENVIRONMENT. */
  environment: string;
  /** Addresses that a person may want to open, by name. */
  addresses: [name: string, address: string][];
}

type Operation = (...args: unknown[]) => Promise<unknown>;

const HOST = '127.0.0.1';
const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const FILE = 'control.json';

async function answer(
  breakable: Breakable,
  token: string,
  request: IncomingMessage,
): Promise<[status: number, body: unknown]> {
  if (request.headers.authorization !== `Bearer ${token}`) return [401, 'wrong token'];
  const name = request.url!.slice(1);
  if (!Object.hasOwn(breakable, name)) return [404, `no operation ${name}`];
  const operation = breakable[name as keyof Breakable] as Operation;
  const args = (await json(request)) as unknown[];
  return operation(...args).then(
    (result) => [200, result ?? null],
    (error: Error) => [500, error.message],
  );
}

/** @param folder of the stack: the file there ends with it. */
export async function startControlPort(
  breakable: Breakable,
  folder: string,
  about: Pick<ControlFile, 'environment' | 'addresses'>,
): Promise<{ stop(): Promise<void> }> {
  const token = randomBytes(18).toString('base64url');
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(breakable, token, request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const file: ControlFile = { url, token, ...about };
  await writeFile(path.join(folder, FILE), JSON.stringify(file), { mode: 0o600 });
  return {
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The operations of a stack in another process. */
export function remoteBreakable({ url, token }: Pick<ControlFile, 'url' | 'token'>): Breakable {
  async function call(name: string, args: unknown[]): Promise<unknown> {
    const response = await fetch(`${url}/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(args),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(`${name}: ${body}`);
    return body;
  }
  return new Proxy({} as Breakable, {
    // What is awaited is asked for `then`.
    get: (_target, name) =>
      name === 'then' ? undefined : (...args: unknown[]) => call(String(name), args),
  });
}

/** The files of every `npm run dev` that answers. @param cache where the stacks have their folders. */
export async function runningStacks(cache = CACHE): Promise<(ControlFile & { folder: string })[]> {
  const files = globSync(`stack-*/${FILE}`, { cwd: cache });
  const all = await Promise.all(
    files.map(async (file) => {
      const control = JSON.parse(await readFile(path.join(cache, file), 'utf8')) as ControlFile;
      const alive = await fetch(control.url, { method: 'POST' }).then(
        () => true,
        () => false,
      );
      return alive ? [{ ...control, folder: path.join(cache, path.dirname(file)) }] : [];
    }),
  );
  return all.flat();
}
