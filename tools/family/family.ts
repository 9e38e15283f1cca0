/** `npm run family -- <name>`: adds a family with one working workflow, to be changed as needed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { refusalOf } from './names.ts';
import { type Plan, planFor } from './plan.ts';

const USAGE = `usage: npm run family -- <name>

Adds a family of workflows: src/<name>/ with one workflow, one activity, one event and its routes,
a migration with its read model, the projection, and a test. It is entered in the lists of
families, workflows and events, and works as it is.

  <name>     camelCase letters, such as dataExport
  --help
`;

const ROOT = path.resolve(import.meta.dirname, '../..');

const remaining = (name: string): string => `To be done by hand:
  npm run generate        writes the new table to sql/schema.sql and to the types of the queries
  npm run check
  npx vitest run test/${name} test/contract
  src/${name}/            say in contract, events, workflow and activities what the family does;
                          its tag in family.ts, its routes in routes.ts, schemas.ts and openApi.ts
  sql/projections/run.sql where its runs belong on another queue than "users"
  test/replay/histories   a history of each way to end
  CHANGELOG.md, docs/     what can be done now
`;

function write({ made, touched }: Plan): void {
  for (const { file, content } of [...made, ...touched]) {
    mkdirSync(path.join(ROOT, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(ROOT, file), content);
  }
}

/** Line lengths and the order of imports change with the name, so the files are formatted again. */
function format({ made, touched }: Plan): void {
  const files = [...made, ...touched]
    .map(({ file }) => file)
    .filter((file) => file.endsWith('.ts'));
  const biome = path.join(ROOT, 'node_modules', '.bin', 'biome');
  execFileSync(biome, ['check', '--write', ...files], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 2],
  });
}

/** @throws Error that says what to change in the arguments. */
function nameFrom(args: string[]): string | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  });
  if (values.help) return undefined;
  const [name, ...others] = positionals;
  if (!name) throw new Error(`the name of the family is missing\n\n${USAGE}`);
  if (others.length > 0) throw new Error(`one name at a time, not also ${others.join(' ')}`);
  const refusal = refusalOf(name, ROOT);
  if (refusal) throw new Error(refusal);
  return name;
}

function addFamily(name: string): void {
  const plan = planFor(name, ROOT);
  const present = plan.made.find(({ file }) => existsSync(path.join(ROOT, file)));
  if (present) throw new Error(`${present.file} is there already: remove it, or take another name`);
  write(plan);
  format(plan);
  for (const { file } of plan.made) console.log(`made     ${file}`);
  for (const { file } of plan.touched) console.log(`touched  ${file}`);
  console.log(`\n${remaining(name)}`);
}

try {
  const name = nameFrom(process.argv.slice(2));
  if (name === undefined) console.log(USAGE);
  else addFamily(name);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
