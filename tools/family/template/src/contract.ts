/** SampleTaskWorkflow: its name, id, input and activities. Safe in the workflow sandbox. */
import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput } from '#kernel/workflow/names.ts';

/** Permission that the routes require. */
export const MANAGE_SAMPLE_TASK = 'organization.manage_sample_task';

export const SAMPLE_TASK = 'SampleTaskWorkflow';

/** `sample-task-{orgId}`: one run per organization at a time. */
const IDS = workflowIds('sample-task-');
export const sampleTaskWorkflowId = IDS.idOf;
/** The organization id in such a workflow id; undefined for any other id. */
export const orgIdOfSampleTask = IDS.uuidOf;

export interface SampleTaskParams {
  organizationId: string;
  /** Id of the stream and of the row that the run creates. */
  sampleTaskId: string;
  note: string;
  origin: RequestOrigin;
}

export interface RecordSampleTaskInput extends StepInput {
  sampleTaskId: string;
  note: string;
}

/** Every activity of the family, by its registered name. */
export interface SampleTaskActivities {
  recordSampleTaskActivity(input: RecordSampleTaskInput): Promise<void>;
}
