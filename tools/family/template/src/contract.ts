/** SampleTaskWorkflow: its name, id, input and activities. Safe in the workflow sandbox. */
import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput } from '#kernel/workflow/names.ts';

/** Permission of the routes. */
export const MANAGE_SAMPLE_TASK = 'organization.manage_sample_task';

export const SAMPLE_TASK = 'SampleTaskWorkflow';

/** `sample-task-{orgId}`: one run of an organization at a time. */
const IDS = workflowIds('sample-task-');
export const sampleTaskWorkflowId = IDS.idOf;
/** The organization id inside such a workflow id, or undefined for any other id. */
export const orgIdOfSampleTask = IDS.uuidOf;

export interface SampleTaskParams {
  organizationId: string;
  /** Of the stream and the row that the run makes. */
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
