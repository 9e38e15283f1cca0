/** The compiler checks the statements that must be refused: `npm run check -- types`. */
import type { Pool } from 'pg';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { DomainStatus } from '#domainClaim/contract.ts';
import type { OrganizationDomain } from '#domainClaim/store.ts';
import type { InvitationStatus } from '#invitation/contract.ts';
import type { Invitation } from '#invitation/store.ts';
import type { SubdomainStatus } from '#organization/contract.ts';
import type { OrganizationStatus } from '#organization/life.ts';
import type { Organization } from '#organization/store.ts';
import type { SsoStatus } from '#sso/rules.ts';
import type { SsoConfiguration } from '#sso/store.ts';
import { typed } from './database.ts';

/** A connection that records the queries and returns no rows. */
function recorder() {
  const asked: [text: string, values: unknown[]][] = [];
  const query = async (text: string, values: unknown[]) => {
    asked.push([text, values]);
    return { command: 'SELECT', rowCount: 0, rows: [] };
  };
  return { asked, db: typed({ query } as unknown as Pool) };
}

const { db } = recorder();
const runs = db.selectFrom('workflow_runs_projection');
const events = db.selectFrom('domain_events');

describe('reports as a compile error', () => {
  test('a table that does not exist', () => {
    // @ts-expect-error
    db.selectFrom('workflow_runs');
    // @ts-expect-error
    db.insertInto('idempotency_key');
    // @ts-expect-error
    runs.innerJoin('organizations', 'organizations.id', 'org_id');
  });

  test('a column that does not exist', () => {
    // @ts-expect-error
    runs.select('ended_at');
    // @ts-expect-error
    runs.select(['workflow_id', 'ended_at as endedAt']);
    // @ts-expect-error
    runs.where('ended_at', 'is', null);
    // @ts-expect-error
    runs.orderBy('ended_at');
    // @ts-expect-error
    runs.select(({ ref }) => ref('ended_at').as('endedAt'));
    // @ts-expect-error
    runs.select(({ fn }) => fn.min('ended_at').as('first'));
    // @ts-expect-error
    runs.select(({ fn }) => fn<string>('lower', ['ended_at']).as('lower'));
    // @ts-expect-error
    runs.select(({ cast }) => cast<number>('ended_at', 'float8').as('number'));
  });

  test('a key that no event metadata has', () => {
    // @ts-expect-error
    events.select(({ ref }) => ref('event_metadata', '->>').key('run_id').as('runId'));
  });

  test('a value that the column never has', () => {
    // @ts-expect-error
    runs.where('outcome', '=', 'succeeded');
    // @ts-expect-error
    db.selectFrom('organizations_projection').where('status', 'in', ['pending', 'started']);
    // @ts-expect-error
    runs.where('started_at', '<', 5);
  });
});

test('the database and the domain have the same states', () => {
  expectTypeOf<Organization['status']>().toEqualTypeOf<OrganizationStatus>();
  expectTypeOf<Organization['subdomainStatus']>().toEqualTypeOf<SubdomainStatus | null>();
  expectTypeOf<Invitation['status']>().toEqualTypeOf<InvitationStatus>();
  expectTypeOf<OrganizationDomain['status']>().toEqualTypeOf<DomainStatus>();
  expectTypeOf<SsoConfiguration['status']>().toEqualTypeOf<SsoStatus>();
});

test('a statement is one query on the connection', async () => {
  const { asked, db } = recorder();
  const open = db
    .selectFrom('workflow_runs_projection')
    .select('workflow_id as workflowId')
    .where('workflow_type', '=', 'UserInvitationWorkflow')
    .where('closed_at', 'is', null);
  expect(await open.executeTakeFirst()).toBeUndefined();
  expect(asked).toEqual([
    [
      'select "workflow_id" as "workflowId" from "workflow_runs_projection" where "workflow_type" = $1 and "closed_at" is null',
      ['UserInvitationWorkflow'],
    ],
  ]);
});
