/** A number of slots that are taken in the order of asking. */

export interface Slots {
  /** Waits for a free slot. @returns gives it back. @throws the reason of `signal`. */
  take(signal?: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];

  function giveBack(): void {
    const next = queue.shift();
    if (next) next();
    else free++;
  }

  return {
    async take(signal) {
      signal?.throwIfAborted();
      if (free > 0) free--;
      else {
        await new Promise<void>((resolve, reject) => {
          const begin = () => {
            signal?.removeEventListener('abort', leave);
            resolve();
          };
          const leave = () => {
            queue.splice(queue.indexOf(begin), 1);
            reject(signal?.reason);
          };
          queue.push(begin);
          signal?.addEventListener('abort', leave, { once: true });
        });
      }
      return giveBack;
    },
  };
}
