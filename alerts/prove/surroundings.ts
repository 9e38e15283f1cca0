/** What stands around the platform in production, on a stage: exporters, and TLS before the API. */
import path from 'node:path';
import { startExporters } from '#dev/embedded/exporters.ts';
import { postgresFolder } from '#dev/embedded/folders.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { type LoopbackEdge, startLoopbackEdge } from '#dev/loopback/loopbackEdge.ts';
import { resolveExporterTools } from '#dev/tools/exporterTools.ts';

export interface Surroundings {
  edge: LoopbackEdge;
  /** For startMonitoring. */
  scrapes: object[];
  stop(): Promise<void>;
}

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const CERTIFICATE_DAYS = 90;

/** Starts the exporters; the address that is probed is that of the API over TLS. */
export async function startSurroundings(
  { folder, disk, reaper, env }: Stack,
  log: (line: string) => void,
): Promise<Surroundings> {
  const tools = await resolveExporterTools({ cacheFolder: CACHE, log });
  const releasers = createReleasers();
  const upstream = Number(env.PORT);
  const edge = await startLoopbackEdge({ upstream, days: CERTIFICATE_DAYS, folder });
  releasers.push(edge.stop);
  try {
    const exporters = await startExporters({
      tools,
      // The disk that is measured: that of the database, where it has one of its own.
      folder: disk.missing === undefined ? postgresFolder(folder) : folder,
      reaper,
      ownerUrl: env.MIGRATION_DATABASE_URL!,
      probes: [`${edge.url}/health`],
      authorities: edge.certificateFile,
    });
    releasers.push(exporters.stop);
    return { edge, scrapes: exporters.scrapes, stop: releasers.releaseAll };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
