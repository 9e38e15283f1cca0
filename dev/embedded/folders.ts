/** Where a stack keeps the data of its servers, below its folder. */
import path from 'node:path';

export const postgresFolder = (folder: string): string => path.join(folder, 'postgres');
/** The runs of Temporal, with `keepsRuns`. */
export const runsFile = (folder: string): string => path.join(folder, 'temporal.db');
