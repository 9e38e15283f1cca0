/**
 * The import rules, for dependency-cruiser. They are generated from roles and families in the tree:
 * a new family needs no line here unless it uses another family (MAY_USE).
 */
import type { IForbiddenRuleType } from 'dependency-cruiser';
import { familiesOf, TREES, treesOf } from './places.ts';

/** A rule about one import from one file to another. */
export type Rule = Extract<IForbiddenRuleType, { to: { circular?: boolean } }> & {
  name: string;
  comment: string;
};

/** For each family: the families that it may use, each with the reason. */
export type MayUse = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** In addition, every family may use the organization and the kernel. */
export const MAY_USE: MayUse = {
  onboarding: { invitation: 'a bootstrap invites the first people of an organization' },
  invitation: { membership: 'an accepted invitation is a membership' },
  sso: { domainClaim: 'single sign-on is for e-mail domains that the organization has proved' },
  canary: {
    onboarding: 'its settings are among those that a bootstrap is checked by: names and roles',
  },
  deletion: {
    onboarding: 'it undoes what a bootstrap made, by the same activities',
    sso: 'it ends single sign-on before the organization is gone',
    invitation: 'it ends the runs of pending invitations',
    domainClaim: 'it releases the domains of the organization',
  },
};

/** The family that all others may use. */
const COMMON_FAMILY = 'organization';

const TEST = '[.]test[.]ts$';

/** The roles inside a family, recognized by file or folder name. */
const OF_WORKER = [
  'activities[.]ts',
  '\\w+Activities[.]ts',
  '\\w*[pP]rovider[.]ts',
  'mails[.]ts',
  'mailing[.]ts',
  'deps[.]ts',
  'activities/',
  'mails/',
];
const OF_API = [
  'routes[.]ts',
  '\\w+Routes[.]ts',
  'routeDeps[.]ts',
  'schemas[.]ts',
  'openApi[.]ts',
  'status[.]ts',
  'routes/',
];
const OF_SANDBOX = [
  'contract[.]ts',
  'contract/',
  'rules[.]ts',
  'rules/',
  'proxies[.]ts',
  'workflow[.]ts',
  '\\w+Workflow[.]ts',
  'workflow/',
];

const anyOf = (alternatives: readonly string[]): string => `(?:${alternatives.join('|')})`;
const others = (names: readonly string[], but: readonly string[]): string[] =>
  names.filter((name) => !but.includes(name));

/** Rules for all trees. */
const general: readonly Rule[] = [
  {
    name: 'no-circle',
    comment:
      'Files that import each other, by types alone or not, can only be read, tested and moved together. Move what both need into a third file.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolved-import',
    comment: 'An import that leads nowhere is read by no other rule.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'nobody-imports-tests',
    comment: 'A test file runs when it is imported. What two tests share belongs to test/support.',
    from: {},
    to: { path: TEST },
  },
];

/** A tree may import those before it; tests may import all trees. */
function treeRules(trees: readonly string[]): Rule[] {
  return trees.slice(0, -1).map((tree, index) => ({
    name: `tree:${tree}`,
    comment:
      tree === 'src'
        ? 'src is what the production image holds: it must run without development, tooling and tests.'
        : `Trees import one way (${TREES.join(' < ')}): what is generated or proved knows its subject, and tests know everything.`,
    from: { path: `^${tree}/`, pathNot: TEST },
    to: { path: `^${anyOf(trees.slice(index + 1))}/` },
  }));
}

const production: Rule = {
  name: 'production-packages',
  comment: 'Development packages are not in the production image; types alone may come from them.',
  from: { path: '^src/', pathNot: TEST },
  to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
};

/** Rules for the kernel, the roles, and the files directly in `src`. */
const assembly: readonly Rule[] = [
  {
    name: 'kernel-knows-nobody',
    comment:
      'The kernel is what all families stand on. It takes what it needs as arguments or by types of its own.',
    from: { path: '^src/kernel/', pathNot: TEST },
    to: { path: '^src/', pathNot: '^src/kernel/' },
  },
  {
    name: 'lists-are-for-roles',
    comment:
      'Roles assemble families from the lists. A family that read them would depend on all families: it gets what it needs from the kernel it is made with.',
    from: { path: '^src/', pathNot: [TEST, '^src/(?:kernel|roles)/', '^src/[^/]+[.]ts$'] },
    to: { path: '^src/(?:families|metricCatalogue)[.]ts$' },
  },
  {
    name: 'settings-are-for-roles',
    comment:
      'config.ts reads the settings of everybody. A family names the settings it needs in a type of its own, and is handed them.',
    from: { path: '^src/', pathNot: [TEST, '^src/(?:kernel|roles)/', '^src/main[.]ts$'] },
    to: { path: '^src/config[.]ts$' },
  },
  {
    name: 'nobody-imports-roles',
    comment: 'Roles are the top of src: main.ts starts them, and nothing below knows them.',
    from: { path: '^src/', pathNot: [TEST, '^src/(?:kernel|roles)/', '^src/main[.]ts$'] },
    to: { path: '^src/roles/' },
  },
  {
    name: 'role-knows-no-role',
    comment: 'A process has one role. What two roles need is the kernel’s or a family’s.',
    from: { path: '^src/roles/([^/]+)/', pathNot: TEST },
    to: { path: '^src/roles/[^/]+/', pathNot: '^src/roles/$1/' },
  },
  {
    name: 'nobody-imports-entries',
    comment: 'Entry points are started, or bundled, by their path: importing one would run it.',
    from: {},
    to: { path: ['^(?:src|dev)/main[.]ts$', '^src/workflows[.]ts$'] },
  },
];

/** A family may use the families of the table, and the organization. */
function familyRules(families: readonly string[], mayUse: MayUse): Rule[] {
  return families.flatMap((family) => {
    const used = Object.entries(mayUse[family] ?? {});
    const common = family === COMMON_FAMILY ? [] : [COMMON_FAMILY];
    const allowed = ['the kernel', ...common, ...used.map(([name, why]) => `${name} (${why})`)];
    const refused = others(families, [family, ...common, ...used.map(([name]) => name)]);
    if (refused.length === 0) return [];
    return {
      name: `family:${family}`,
      comment: `Families use each other one way, so that one can be changed without reading all. ${family} may use ${allowed.join(', ')}; the table is MAY_USE in tools/layering/rules.ts.`,
      from: { path: `^src/${family}/`, pathNot: TEST },
      to: { path: `^src/${anyOf(refused)}/` },
    };
  });
}

/**
 * What a family has for one role may be imported by that role only. The rule `sandbox` covers
 * everything that src/workflows.ts reaches: these files may import only each other.
 */
function roleRules(family: string): Rule[] {
  const named = (names: readonly string[]): string => `^src/${family}/(?:.*/|)${anyOf(names)}`;
  const [worker, api, sandbox] = [named(OF_WORKER), named(OF_API), named(OF_SANDBOX)];
  const definition = `^src/${family}/family[.]ts$`;
  return [
    {
      name: 'worker-files',
      comment:
        'Activities, providers and mails are loaded by the worker alone: the API needs neither their packages nor their settings.',
      from: { path: '^src/', pathNot: [TEST, worker, definition, '^src/(?:kernel|roles/worker)/'] },
      to: { path: worker },
    },
    {
      name: 'api-files',
      comment:
        'Routes, schemas and OpenAPI are loaded by the API alone. What an activity or a workflow needs of them belongs to contract.ts or rules.ts.',
      from: {
        path: '^src/',
        pathNot: [TEST, api, definition, '^src/(?:kernel|roles/(?:api|cli))/'],
      },
      to: { path: api },
    },
    {
      name: 'light-definition',
      comment:
        'Every role loads family.ts. Activities and routes are imported in it by `() => import(…)`, by the role that needs them.',
      from: { path: definition },
      to: { path: [worker, api], dynamic: false },
    },
    {
      name: 'sandbox',
      comment:
        'Temporal loads workflows, and all they import, into a sandbox without Node, and replays them. contract, rules, proxies and workflow files may import each other, src/kernel/workflow, src/kernel/input, src/kernel/queues.ts, @temporalio/workflow and @temporalio/common. That holds for types too: a type-only import becomes a real one by deleting one word.',
      from: {
        path: ['^src/workflows[.]ts$', '^src/kernel/(?:workflow/|input/|queues[.]ts$)', sandbox],
        pathNot: TEST,
      },
      to: {
        pathNot: [
          '^src/kernel/(?:workflow/|input/|queues[.]ts$)',
          sandbox,
          '^node_modules/@temporalio/(?:workflow|common)/',
        ],
      },
    },
  ];
}

/** @param root the repository's folder, or a fixture */
export function layeringRules(root: string, mayUse: MayUse = MAY_USE): Rule[] {
  const families = familiesOf(root);
  return [
    ...general,
    ...treeRules(treesOf(root)),
    production,
    ...assembly,
    ...familyRules(families, mayUse),
    ...roleRules(anyOf(families)),
  ];
}
