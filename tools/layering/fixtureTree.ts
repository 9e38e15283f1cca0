/**
 * A small source tree without problems, with one file for every place that the rules distinguish.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TREES } from './places.ts';

/** Contents by path; undefined removes the file. */
export type Files = Readonly<Record<string, string | undefined>>;

const MANIFEST = JSON.stringify({
  type: 'module',
  imports: { '#dev/*': './dev/*', '#*': './src/*' },
  dependencies: { '@temporalio/workflow': '1', '@temporalio/common': '1', pg: '1' },
  devDependencies: { fixture: '1' },
});

const packageFiles = (name: string): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'module.exports = {};',
});

const EMPTY = 'export {};\n';

/** The same files in every family, as the rules expect. */
const family = (name: string): Files => ({
  [`src/${name}/family.ts`]:
    "import './contract.ts';\nimport type {} from '#kernel/family.ts';\n" +
    "export const load = [() => import('./activities.ts'), () => import('./routes.ts')];\n",
  [`src/${name}/contract.ts`]: "import './rules.ts';\nimport type {} from '@temporalio/common';\n",
  [`src/${name}/rules.ts`]: "import '#kernel/workflow/ids.ts';\n",
  [`src/${name}/workflow.ts`]: "import '@temporalio/workflow';\nimport './contract.ts';\n",
  [`src/${name}/store.ts`]: "import 'pg';\nimport '#kernel/pool.ts';\n",
  [`src/${name}/mails.ts`]: "import './contract.ts';\n",
  [`src/${name}/schemas.ts`]: "import './rules.ts';\n",
  [`src/${name}/activities.ts`]: "import './mails.ts';\nimport './store.ts';\n",
  [`src/${name}/routes.ts`]: "import './schemas.ts';\nimport './store.ts';\n",
  [`src/${name}/store.test.ts`]: "import '#dev/tree.ts';\nimport './store.ts';\n",
});

const FAMILIES = ['organization', 'billing', 'orders', 'shipping'];

/** Which family of the fixture may use which. */
export const MAY_USE = { orders: { shipping: 'an order is shipped' } };

const BASE: Files = {
  'package.json': MANIFEST,
  ...Object.assign(
    {},
    ...['@temporalio/workflow', '@temporalio/common', 'pg', 'fixture'].map(packageFiles),
  ),
  ...Object.assign({}, ...TREES.map((tree) => ({ [`${tree}/tree.ts`]: EMPTY }))),
  'src/tree.ts': undefined,
  'dev/main.ts': EMPTY,
  'src/kernel/family.ts': EMPTY,
  'src/kernel/queues.ts': EMPTY,
  'src/kernel/pool.ts': "import 'pg';\n",
  'src/kernel/workflow/ids.ts': "import '../queues.ts';\n",
  ...Object.assign({}, ...FAMILIES.map(family)),
  'src/orders/runs.ts': "import '#shipping/contract.ts';\nimport '#organization/store.ts';\n",
  'src/families.ts': FAMILIES.map((name) => `import '#${name}/family.ts';\n`).join(''),
  'src/metricCatalogue.ts': "import '#families.ts';\n",
  'src/workflows.ts': FAMILIES.map((name) => `import '#${name}/workflow.ts';\n`).join(''),
  'src/config.ts': "import '#orders/contract.ts';\n",
  'src/roles/api/runApi.ts': "import '#families.ts';\nimport type {} from '#config.ts';\n",
  'src/roles/worker/runWorker.ts': "import '#families.ts';\n",
  'src/main.ts': "import '#config.ts';\nimport '#roles/api/runApi.ts';\n",
};

/** @returns the tree's folder, and a function that removes it */
export async function writeFixtureTree(
  planted: Files = {},
): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'layering-'));
  for (const [name, content] of Object.entries({ ...BASE, ...planted })) {
    if (content === undefined) continue;
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
