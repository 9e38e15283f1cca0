/** A disk of its own for a folder, which can be made full at any moment: a tmpfs. */
import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TightDisk {
  missing?: undefined;
  /**
   * Makes it so small that what is on it takes this share of it; 1 when left out: whoever needs more
   * gets ENOSPC.
   */
  fill(share?: number): Promise<void>;
  /** Gives the space back. */
  relieve(): Promise<void>;
  unmount(): Promise<void>;
}

/** Why there is none. */
export interface NoDisk {
  missing: string;
}

/** Of the memory, and taken only as it is used. */
const SIZE = '50%';
/** As the folders of a stack: the server's user must be able to enter it. */
const MODE = '0711';
const ATTEMPTS = 20;

/** Mounting needs rights that not everybody has: then the reason is the answer. */
export async function mountTightDisk(folder: string): Promise<TightDisk | NoDisk> {
  await mkdir(folder, { recursive: true });
  const resize = (size: string | number) =>
    run('mount', ['-o', `remount,size=${size}`, folder]).then(() => {});
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=${MODE}`, 'tmpfs', folder]);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    return { missing: stderr.trim() || message };
  }
  return {
    async fill(share = 1) {
      // More may be in use a moment later, and it cannot be smaller than that.
      for (let attempt = 1; ; attempt++) {
        const { blocks, bfree, bsize } = await statfs(folder);
        try {
          return await resize(Math.ceil(((blocks - bfree) * bsize) / share));
        } catch (error) {
          if (attempt === ATTEMPTS) throw error;
        }
      }
    },
    relieve: () => resize(SIZE),
    // Also while somebody still looks at it.
    unmount: () => run('umount', ['-l', folder]).then(() => {}),
  };
}
