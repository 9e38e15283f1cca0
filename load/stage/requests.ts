/** HTTP requests over persistent connections, with the duration of each. */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Caller {
  post(path: string, body: object): Promise<void>;
  close(): void;
}

const ACCEPTED = 202;

/**
 * @param connections maximum of open connections; each is kept.
 * @returns a caller whose `post` throws on any response but 202.
 */
export function createCaller(baseUrl: string, token: string, connections: number): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    post(path, body) {
      const content = JSON.stringify(body);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const options = {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(content) },
      };
      request(baseUrl + path, options, (response) => {
        const { statusCode } = response;
        response.resume();
        response.once('end', () => {
          if (statusCode === ACCEPTED) resolve();
          else reject(new Error(`POST ${path} answered ${statusCode}`));
        });
      })
        .once('error', reject)
        .end(content);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

/** Closed loop: each caller repeats the act when it is done. @returns milliseconds of each act. */
export async function closedLoop(
  callers: number,
  total: number,
  act: () => Promise<unknown>,
): Promise<number[]> {
  const durations: number[] = [];
  let left = total;
  const caller = async () => {
    while (left-- > 0) durations.push(await timed(act));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return durations;
}

/**
 * Open loop: acts start whether or not earlier ones are done, so that a stall delays all that are
 * due meanwhile.
 * @param perSecond arrivals. @returns milliseconds of each, from when it was due.
 */
export async function openLoop(
  perSecond: number,
  total: number,
  act: () => Promise<unknown>,
): Promise<number[]> {
  const started = performance.now();
  const durations: Promise<number>[] = [];
  for (let count = 0; count < total; count++) {
    const due = started + (count * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await delay(wait);
    durations.push(act().then(() => performance.now() - due));
  }
  return Promise.all(durations);
}
