/** Folders of the repository. */
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');
/** What is fetched, built or written by the way; not in Git. */
export const CACHE = path.join(ROOT, '.cache');
