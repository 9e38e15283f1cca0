/** Finds what the store holds open although its run is gone, and has it repaired. */
import type { Client } from '@temporalio/client';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { describeRun, listRuns } from './runs.ts';

/** Something that needs an open run, such as a pending invitation. */
export interface HeldItem {
  /** Its place in the order of pages. */
  key: string;
  workflowId: string;
}

/** What a family holds open in its read model. */
export interface HeldOpen {
  /** @returns items older than `olderThanMs`, in the order of their keys, after this key. */
  page(
    after: string | undefined,
    options: { olderThanMs: number; limit: number },
  ): Promise<HeldItem[]>;
  /** Starts the run again, or ends the item. It can be repeated. */
  repair(item: HeldItem): Promise<void>;
}

/** Items of each family that one round looks at; the next round continues behind them. */
const PAGE = 100;

const quoted = (values: readonly string[]): string =>
  values.map((value) => `'${value.replaceAll("'", '')}'`).join(', ');

/** Which of these workflows have an open run; the list may lack one that has just started. */
async function openAmong(client: Client, workflowIds: readonly string[]): Promise<Set<string>> {
  const query = `WorkflowId IN (${quoted(workflowIds)}) AND ExecutionStatus = 'Running'`;
  const open = new Set<string>();
  for await (const { workflowId } of listRuns(client, query)) open.add(workflowId);
  return open;
}

export function createLostRuns(client: Client, families: readonly HeldOpen[], logger: Logger) {
  const cursors = new Map<HeldOpen, string>();

  async function isLost({ workflowId }: HeldItem): Promise<boolean> {
    const run = await describeRun(client, workflowId);
    return run?.status.name !== 'RUNNING';
  }

  /** An item that cannot be repaired is logged, and does not stop the others. */
  async function repair(family: HeldOpen, item: HeldItem): Promise<boolean> {
    try {
      if (!(await isLost(item))) return false;
      await family.repair(item);
      logger.warn({ workflow_id: item.workflowId }, 'run that was gone repaired');
      return true;
    } catch (error) {
      const fields = { workflow_id: item.workflowId, error: (error as Error).name };
      logger.warn(fields, 'run that is gone not repaired');
      return false;
    }
  }

  async function repairPage(family: HeldOpen, olderThanMs: number): Promise<number> {
    const items = await family.page(cursors.get(family), { olderThanMs, limit: PAGE });
    const last = items.at(-1);
    // After the last page the next round begins again.
    if (last && items.length === PAGE) cursors.set(family, last.key);
    else cursors.delete(family);
    if (!last) return 0;
    const open = await openAmong(
      client,
      items.map(({ workflowId }) => workflowId),
    );
    let repaired = 0;
    for (const item of items) {
      if (!open.has(item.workflowId) && (await repair(family, item))) repaired++;
    }
    return repaired;
  }

  return {
    /** One page of each family. @returns how many runs were repaired. */
    async repair(olderThanMs: number, stopping: AbortSignal): Promise<number> {
      let repaired = 0;
      for (const family of families) {
        if (stopping.aborted) break;
        repaired += await repairPage(family, olderThanMs);
      }
      return repaired;
    },
  };
}
