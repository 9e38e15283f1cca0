/**
 * The template's table, so that the template's queries compile. It is not copied: `npm run
 * generate` adds the table of a new family to src/kernel/database/schema.ts.
 */
import type { Timestamp } from '#kernel/database/schema.ts';

declare module '#kernel/database/schema.ts' {
  interface DB {
    sample_task_projection: {
      note: string;
      org_id: string;
      recorded_at: Timestamp;
      sample_task_id: string;
      workflow_id: string | null;
    };
  }
}
