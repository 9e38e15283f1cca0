/** The organization of a run that the Temporal CLI started without naming one. */
import { patched, uuid4, workflowInfo } from '@temporalio/workflow';

/** The id of the first run, which a reset keeps; another run under the same workflow id has another. */
export const organizationIdOfRun = (): string =>
  // Older runs drew one, and a reset drew another.
  patched('organization-of-first-run') ? workflowInfo().firstExecutionRunId : uuid4();
