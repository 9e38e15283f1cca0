/** Asks an operation about an organization, and tells what authorization said, and should have said. */
import { randomUUID } from 'node:crypto';
import type { RawAnswer } from '#support/http/spellings.ts';
import type { Onboarding } from '#support/stack/onboarding.ts';
import { type Guarded, pathAbout } from './declared.ts';
import { holds, holdsAnywhere, type Node, type Person, sees } from './tree.ts';

/** Digests of all tables and the list of runs: nothing may change. */
export async function everythingOf(onboarding: Onboarding) {
  const { rows } = await onboarding.owner.query(
    `SELECT table_name AS name, (xpath('/row/d/text()', query_to_xml(format(
       'SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '''')) AS d FROM %I.%I t',
       table_schema, table_name), false, true, '')))[1]::text AS digest
     FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'rate_limits'
     ORDER BY 1`,
  );
  const runs: string[] = [];
  const query = `TaskQueue = '${onboarding.taskQueue}' OR TaskQueue = '${onboarding.usersTaskQueue}'`;
  for await (const { workflowId } of onboarding.client.workflow.list({ query }))
    runs.push(workflowId);
  return { rows, runs };
}

/** All of them, some at a time. */
export async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

/** What authorization says; `passed` when it let the request through to its body and handler. */
export type Verdict = 'unauthorized' | 'blocked' | 'hidden' | 'forbidden' | 'state' | 'passed';

const HIDDEN =
  /^(There is no such (organization|workflow|route)|The request names an organization)/;

export function verdictOf({ status, code, title = '' }: RawAnswer): Verdict {
  if (status === 401) return 'unauthorized';
  if (code === 'access-blocked') return 'blocked';
  if (code === 'forbidden') return 'forbidden';
  if (code === 'not-active') return 'state';
  if ((status === 404 || status === 422) && HIDDEN.test(title)) return 'hidden';
  return 'passed';
}

/** A request that changes nothing if it is let through: its body is refused, or it comes too early. */
export function requestFor({ method, path, access, hasBody, example }: Guarded, node?: Node) {
  const about = pathAbout(path, node?.orgId ?? randomUUID());
  if (access.over !== 'parent') return { method, path: about, ...(hasBody && { body: [] }) };
  const orgData = { ...(example!.orgData as object), ...(node && { parentOrgId: node.orgId }) };
  return { method, path, body: { ...example, orgData } };
}

/** By the declaration. A subject that is not there, as `node`, is a new root for a parent. */
export function expected({ access }: Guarded, person: Person, node: Node | undefined): Verdict {
  const { needs, over, states } = access;
  const isParent = over === 'parent';
  if (isParent && needs !== 'sight' && !holdsAnywhere(person, needs)) return 'forbidden';
  const seen = node ? sees(person, node) : isParent;
  if (!seen) return 'hidden';
  if (needs !== 'sight' && !holds(person, needs, node?.path ?? '')) return 'forbidden';
  const allowed = !node || states === 'any' || states.includes(node.status);
  return allowed ? 'passed' : 'state';
}
