/**
 * Starts what all test files share, once per run. Each resource pushes its own release;
 * they are released in reverse order, whichever of the starts failed.
 */
import type { TestProject } from 'vitest/node';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { startPostgresForTests } from './postgres.ts';
import { startTemporalForTests } from './temporal.ts';

export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const releasers = createReleasers();
  try {
    const postgres = await startPostgresForTests();
    releasers.push(postgres.stop);
    project.provide('postgresAdminUrl', postgres.adminUrl);
    const temporal = await startTemporalForTests();
    releasers.push(temporal.stop);
    project.provide('temporalAddress', temporal.address);
    project.provide('temporalCli', temporal.cli);
    project.provide('workflowBundlePath', temporal.workflowBundlePath);
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
  return releasers.releaseAll;
}
