/** Reads of the projection of sample tasks. */
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';

const rows = (db: Database) =>
  db
    .selectFrom('sample_task_projection')
    .select([
      'sample_task_id as sampleTaskId',
      'note',
      'workflow_id as workflowId',
      'recorded_at as recordedAt',
    ]);

export type SampleTask = RowOf<typeof rows>;

export function createSampleTasks(pool: Pool) {
  const db = typed(pool);

  return {
    /** The rows of an organization, oldest first. */
    sampleTasksOf: (orgId: string): Promise<SampleTask[]> =>
      rows(db)
        .where('org_id', '=', orgId)
        .orderBy('recorded_at')
        .orderBy('sample_task_id')
        .execute(),
  };
}
