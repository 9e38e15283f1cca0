/** Tells a run that was accepted before it was reset from one that was refused. */
import { isDeepStrictEqual } from 'node:util';
import { Context } from '@temporalio/activity';
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { InputActivities } from '#kernel/workflow/acceptedInput.ts';

/**
 * A refused run leaves no event. Events of other runs under the same workflow id do not count: that
 * id may have been used before, with other input.
 */
export function inputActivities(pool: Pool): Implementations<InputActivities> {
  const eventsOf = (workflowId: string, firstRunId: string) =>
    typed(pool)
      .selectFrom('domain_events')
      .select(({ ref }) => [
        ref('event_metadata', '->>').key('workflow_run_id').$castTo<string | null>().as('runId'),
        ref('event_data', '->').key('params').$castTo<unknown>().as('params'),
      ])
      .where(({ ref }) => ref('event_metadata', '->>').key('workflow_id'), '=', workflowId)
      .where(({ ref, eb }) => {
        const runId = ref('event_metadata', '->>').key('workflow_run_id');
        return eb.or([eb(runId, '=', firstRunId), eb(runId, 'is', null)]);
      })
      .execute();

  return {
    async wasInputAcceptedActivity({ firstRunId, input }) {
      const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
      const events = await eventsOf(workflowId, firstRunId);
      // The API's events have no run. Where one has the whole request, it has to be this one.
      return events.some(
        ({ runId, params }) =>
          runId !== null || params === null || isDeepStrictEqual(params, input),
      );
    },
  };
}
