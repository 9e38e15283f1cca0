/** Sends requests without a pause, a fixed number at a time, until stopped. */
import type { Stage } from './stage.ts';

export function flood(concurrency: number, request: () => Promise<unknown>): () => Promise<void> {
  let stopped = false;
  async function one(): Promise<void> {
    while (!stopped) await request().catch(() => {});
  }
  const all = Array.from({ length: concurrency }, one);
  return async () => {
    stopped = true;
    await Promise.all(all);
  };
}

/** Reads through the API and ignores the response. */
export async function read({ apiUrl, token }: Stage, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await (await fetch(apiUrl + path, { headers })).text();
}
