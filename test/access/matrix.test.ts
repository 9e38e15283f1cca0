/**
 * Every kind of caller x every operation of the OpenAPI document x every kind of organization: what
 * each is answered, by the declarations of the document, and what must hold whatever they say.
 */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '#config.ts';
import { type AppDeps, loadFamilies } from '#roles/api/app.ts';
import { docsRoutes, probeRoutes } from '#roles/api/opsRoutes.ts';
import {
  each,
  everythingOf,
  expected,
  requestFor,
  type Verdict,
  verdictOf,
} from '#support/access/asking.ts';
import {
  type DeclaredOperation,
  type Guarded,
  guardedOf,
  operationsOf,
} from '#support/access/declared.ts';
import {
  NODES,
  type Node,
  type Person,
  peopleOf,
  plantTree,
  type Tree,
} from '#support/access/tree.ts';
import { type RawAnswer, sendRaw, spellings } from '#support/http/spellings.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

/** What has no token, each with its reason in the declaration. A new one is entered here by hand. */
const OPEN = [
  'GET /api/v1/invitations/{token}',
  'GET /health',
  'GET /ready',
  'GET /sso/test/{token}',
  'POST /api/v1/invitations/{token}/accept',
  'POST /api/v1/webhooks/resend',
  'POST /sso/callback',
];
const OPEN_UNDESCRIBED = [
  'GET /api/admin/organizations/bootstrap',
  'GET /api/v1/workflows/canary-bootstrap',
  'GET /api/v1/workflows/organization-bootstrap',
  'GET /docs',
  'GET /docs/:file',
  'GET /docs/start.js',
  'GET /metrics',
  'GET /openapi.json',
];
/** What may change something of an organization that is not active: it only ends or withdraws. */
const FOR_THE_INACTIVE = [
  'cancelWorkflow',
  'deactivateSso',
  'deleteOrganization',
  'revokeInvitation',
  'signalWorkflow',
];

// No worker, and bootstraps are switched off: who is let through to them is answered with 503.
const onboarding = useOnboarding();
const api = useApi(onboarding, {
  ENABLE_ORG_BOOTSTRAP: 'false',
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
});

let operations: DeclaredOperation[];
let tree: Tree;
let people: Person[];
const tokens = new Map<Person, string>();

const guarded = () => guardedOf(operations);

beforeAll(async () => {
  tree = await plantTree(onboarding.database.pool);
  operations = operationsOf((await api.call('GET', '/openapi.json')).body);
  const named = guarded().flatMap(({ access: { needs } }) => (needs === 'sight' ? [] : [...needs]));
  people = peopleOf(tree, [...new Set(named)]);
  for (const one of people) tokens.set(one, await api.authorization(one));
});

const ask = (operation: Guarded, authorization: string | undefined, node?: Node) =>
  sendRaw(api.url, {
    ...requestFor(operation, node),
    ...(authorization && { headers: { authorization } }),
  });

const places = (): (Node | undefined)[] => [...NODES.map((name) => tree[name]), undefined];
const nameOf = (node: Node | undefined) => NODES.find((name) => tree[name] === node) ?? 'none';

test('the open routes are these, and each says why', async () => {
  const open = operations.filter(({ access }) => 'open' in access);
  expect(open.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(OPEN);
  const deps = {
    pool: onboarding.database.pool,
    config: loadConfig('api', onboarding.workerEnv),
  } as unknown as AppDeps;
  const families = (await loadFamilies(deps)).flatMap(({ routes }) => routes);
  const all = [...families, ...probeRoutes(deps), ...docsRoutes({})];
  const described = new Set(operations.map(({ method, path }) => `${method} ${path}`));
  const rest = all
    .filter(({ method, path }) => !described.has(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`))
    .map(({ method, path, access }) => ('open' in access ? `${method} ${path}` : 'guarded'));
  expect(rest.toSorted()).toEqual(OPEN_UNDESCRIBED);
  for (const { access } of all) if ('open' in access) expect(access.open).toMatch(/\w+ \w+ \w+/);
});

describe('every caller, operation and organization', () => {
  interface Asked {
    person: Person;
    operation: Guarded;
    node: Node | undefined;
    answer: RawAnswer;
  }
  const asked: Asked[] = [];
  let before: Awaited<ReturnType<typeof everythingOf>>;

  beforeAll(async () => {
    before = await everythingOf(onboarding);
    const cases = people.flatMap((person) =>
      guarded().flatMap((operation) => places().map((node) => ({ person, operation, node }))),
    );
    await each(cases, async ({ person, operation, node }) => {
      const answer = await ask(operation, tokens.get(person), node);
      asked.push({ person, operation, node, answer });
    });
    console.log(`access matrix: ${people.length} callers, ${asked.length} requests`);
  }, 120_000);

  const line = ({ person, operation, node, answer }: Asked) =>
    `${person.name}: ${operation.id} of ${nameOf(node)} -> ${answer.status} ${answer.code ?? ''}`;
  const passed = () => asked.filter(({ answer }) => verdictOf(answer) === 'passed');

  test('is answered as declared', () => {
    expect(asked.length).toBeGreaterThan(4_000);
    const wrong = asked.filter(
      ({ person, operation, node, answer }) =>
        verdictOf(answer) !== expected(operation, person, node),
    );
    expect(
      wrong.map((one) => `${line(one)}, not ${expected(one.operation, one.person, one.node)}`),
    ).toEqual([]);
  });

  test('nothing is done, and no answer is an error of ours', () => {
    const changed = asked.filter(
      ({ operation, answer }) => operation.method !== 'GET' && answer.status < 300,
    );
    expect(changed.map(line)).toEqual([]);
    const failed = asked.filter(
      ({ answer }) => answer.status >= 500 && answer.code !== 'bootstrap-disabled',
    );
    expect(failed.map(line)).toEqual([]);
  });

  test('leaves every table and every run as it was', async () => {
    expect(await everythingOf(onboarding)).toEqual(before);
  });

  test('nobody changes anything without a permission at the place or above it', () => {
    const wrong = passed().filter(({ person, operation, node }) => {
      const path = `${node?.path ?? ''}.`;
      const covering = person.permissions.filter(({ s }) => s === '' || path.startsWith(`${s}.`));
      return operation.method !== 'GET' && covering.length === 0;
    });
    expect(wrong.map(line)).toEqual([]);
  });

  test('nobody reaches an organization that is neither theirs nor below theirs', () => {
    const wrong = passed().filter(({ person: { orgId, permissions, sub }, node }) => {
      const line: (string | undefined)[] = [];
      for (let at = node; at; at = at.parent) line.push(at.orgId);
      const platform = permissions.some(({ p, s }) => p === 'platform.admin' && s === '');
      return node && !platform && node.requestedBy !== sub && !line.includes(orgId);
    });
    expect(wrong.map(line)).toEqual([]);
  });

  test('an organization that is not active is changed only by what ends something', () => {
    const changes = passed().filter(
      ({ operation, node }) => operation.method !== 'GET' && node && node.status !== 'active',
    );
    const ids = new Set(changes.map(({ operation }) => operation.id));
    expect([...ids].toSorted()).toEqual(FOR_THE_INACTIVE);
  });

  test('each operation lets somebody through, and refuses somebody for each reason it has', () => {
    for (const { id, access } of guarded()) {
      const verdicts = new Set(
        asked.flatMap(({ operation, answer }) => (operation.id === id ? [verdictOf(answer)] : [])),
      );
      expect([id, [...verdicts].toSorted()]).toEqual([
        id,
        [
          ...(access.needs === 'sight' ? [] : ['forbidden']),
          'hidden',
          'passed',
          ...(access.states === 'any' ? [] : ['state']),
        ],
      ]);
    }
  });
});

test('no operation answers who has no token, an old one, another’s or a blocked one', async () => {
  const before = await everythingOf(onboarding);
  const good = await api.authorization({ permissions: [{ p: 'platform.admin', s: '' }] });
  const elsewhere = await onboarding.supabase.issueToken({
    sub: randomUUID(),
    permissions: [{ p: 'platform.admin', s: '' }],
  });
  const old = await api.authorization({ lifetimeSeconds: -3600 });
  const blocked = await api.authorization({ extra: { access_blocked: true } });
  const headers: [header: string | undefined, verdict: Verdict][] = [
    [undefined, 'unauthorized'],
    ['Bearer', 'unauthorized'],
    [good.replace('Bearer', 'Basic'), 'unauthorized'],
    [`${good}x`, 'unauthorized'],
    [good.split('.').slice(0, 2).join('.'), 'unauthorized'],
    [`Bearer ${elsewhere}`, 'unauthorized'],
    [old, 'unauthorized'],
    [blocked, 'blocked'],
  ];
  const wrong: unknown[] = [];
  const cases = headers.flatMap(([header, verdict]) =>
    guarded().flatMap((operation) =>
      places().map((node) => ({ header, verdict, operation, node })),
    ),
  );
  await each(cases, async ({ header, verdict, operation, node }) => {
    const told = verdictOf(await ask(operation, header, node));
    if (told !== verdict) wrong.push([operation.id, header?.slice(0, 20), told]);
  });
  expect(wrong).toEqual([]);
  expect(await everythingOf(onboarding)).toEqual(before);
});

test('another spelling of a path gives nobody more than the path itself', async () => {
  const before = await everythingOf(onboarding);
  const named = ['platform.admin without a scope', 'own member without permissions'];
  const callers = people.filter(({ name }) => named.includes(name));
  const wrong: string[] = [];
  const cases = callers.flatMap((person) =>
    guarded().flatMap((operation) => {
      const { path, ...rest } = requestFor(operation, tree.own);
      // Also as HEAD, which a router answers by the handler of GET.
      const methods = operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method];
      return methods.flatMap((method) =>
        spellings(path).map((spelling) => ({ person, operation, path, spelling, ...rest, method })),
      );
    }),
  );
  const headersOf = (person: Person) => ({ authorization: tokens.get(person)! });
  await each(cases, async ({ person, operation, path, spelling, method, ...rest }) => {
    const answer = await sendRaw(api.url, {
      method,
      path: spelling,
      headers: headersOf(person),
      ...('body' in rest && { body: rest.body }),
    });
    if ([400, 404, 405].includes(answer.status) && answer.code !== 'invalid-request') return;
    // An id may be spelled in another way, and a target may name a host (RFC 9112). Then the same is
    // asked for, or another id: neither may be let through further, and nothing else may succeed.
    const own = expected(operation, person, tree.own);
    const target = spelling.replace(/^http:\/\/[^/]+/, '');
    const isSameRoute = target.split('/').every((segment, at) => {
      const [template, plain] = [operation.path.split('/')[at], path.split('/')[at]];
      return template?.startsWith('{') || segment === plain;
    });
    const isSame = decodeURIComponent(target).toLowerCase() === path.toLowerCase();
    const suits = isSameRoute && (isSame || answer.status >= 300);
    const told = method === 'HEAD' ? (answer.status < 300 ? 'passed' : own) : verdictOf(answer);
    if (!suits || told !== own)
      wrong.push(`${person.name}: ${method} ${spelling} -> ${answer.status}`);
  });
  expect(wrong).toEqual([]);
  expect(await everythingOf(onboarding)).toEqual(before);
});
