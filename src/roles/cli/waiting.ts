/** `npm run ops -- waiting`: lists the open runs that wait for a provider or for our database. */
import type { Client } from '@temporalio/client';
import { waitingForOf } from '#kernel/patience/waitingFor.ts';
import { describeRun } from '#kernel/temporal/runs.ts';
import { printRows, type Row } from './printRows.ts';

/** Temporal is asked about each run: the newest ones are enough to see what is wrong. */
const MAX_RUNS = 1_000;
const AT_ONCE = 20;

async function openRunIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  const query = "ExecutionStatus = 'Running'";
  for await (const { workflowId } of client.workflow.list({ query })) {
    ids.push(workflowId);
    if (ids.length === MAX_RUNS) break;
  }
  return ids;
}

async function rowOf(client: Client, workflowId: string): Promise<Row[]> {
  const description = await describeRun(client, workflowId);
  const wait = description && waitingForOf(description);
  if (!wait) return [];
  const { reason, activity, attempts, since, nextAttemptAt, until } = wait;
  return [{ workflowId, reason, activity, attempts, since, nextAttemptAt, until }];
}

/** @throws when Temporal does not answer. */
export async function waiting(client: Client, json: boolean): Promise<void> {
  const ids = await openRunIds(client);
  const rows: Row[] = [];
  while (ids.length > 0) {
    const some = ids.splice(0, AT_ONCE);
    rows.push(...(await Promise.all(some.map((id) => rowOf(client, id)))).flat());
  }
  printRows(rows, json);
}
