/**
 * Starts what all test files share, once per run. Each resource pushes its own release;
 * they are released in reverse order, whichever of the starts failed.
 */
import type { TestProject } from 'vitest/node';
import { startPostgresForTests } from './postgres.ts';
import { startTemporalForTests } from './temporal.ts';

type Release = () => Promise<void>;

export default async function globalSetup(project: TestProject): Promise<Release> {
  const releases: Release[] = [];
  const releaseAll = async () => {
    for (const release of releases.splice(0).reverse()) await release();
  };
  try {
    const postgres = await startPostgresForTests();
    releases.push(postgres.stop);
    project.provide('postgresAdminUrl', postgres.adminUrl);
    const temporal = await startTemporalForTests();
    releases.push(temporal.stop);
    project.provide('temporalAddress', temporal.address);
    project.provide('temporalCli', temporal.cli);
    project.provide('workflowBundlePath', temporal.workflowBundlePath);
  } catch (error) {
    await releaseAll();
    throw error;
  }
  return releaseAll;
}
