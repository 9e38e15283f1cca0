/**
 * Where log lines go. Work never waits for whoever reads them: a line that cannot be written now is
 * kept for a while, then dropped and counted.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';

export interface LogOutput {
  write(line: string): void;
  /** Lines that were dropped so far: the disk is full, nobody reads, or the reader is gone. */
  dropped(): number;
}

/** What is kept while the reader is slow. */
const KEPT_BYTES = 1_048_576;
const RETRY_MS = 50;

/**
 * Opens a pipe once more, as one that does not block: writing to a pipe that nobody reads would stop the
 * process. Blocking is a property of the open file, which other processes share. A regular file does not
 * block, and opened again it would be written from its beginning.
 */
function withoutBlocking(fd: number): number {
  try {
    if (!fstatSync(fd).isFIFO()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // No such file, or a system without /proc.
    return fd;
  }
}

const isBusy = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'EAGAIN';

/**
 * @param fd an open file; 1 is standard output.
 */
export function createLogOutput(fd: number): LogOutput {
  const file = withoutBlocking(fd);
  /** Lines that wait, oldest first; of the first one, a part may have been written. */
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;

  /** Writes what waits, as far as it goes. */
  function flush(): void {
    for (let line = waiting[0]; line; line = waiting[0]) {
      try {
        const written = writeSync(file, line);
        waitingBytes -= written;
        if (written < line.length) waiting[0] = line.subarray(written);
        else waiting.shift();
      } catch (error) {
        if (isBusy(error)) {
          later();
          return;
        }
        dropped += waiting.length;
        waiting.length = 0;
        waitingBytes = 0;
      }
    }
  }

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, RETRY_MS);
    // Log lines do not keep a process that has ended its work.
    timer.unref();
  }

  return {
    write(text) {
      const line = Buffer.from(text);
      if (waitingBytes + line.length > KEPT_BYTES) {
        dropped++;
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
      if (!timer) flush();
    },
    dropped: () => dropped,
  };
}

/** Standard output of this process. */
export const standardOutput: LogOutput = createLogOutput(1);
