/** Requests without a pause, so many at a time, until stopped. */
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

/** A read through the API, whatever it answers. */
export async function read({ apiUrl, token }: Stage, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await (await fetch(apiUrl + path, { headers })).text();
}
