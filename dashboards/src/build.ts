/**
 * `npx node dashboards/src/build.ts --out <folder>`: writes the dashboards with the addresses of
 * one installation. `npm run generate` writes those in `dashboards/`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addressesFrom } from './addresses.ts';
import { contentOf, dashboards } from './dashboardFiles.ts';

const DEFAULT_ADDRESSES = addressesFrom(process.env, 'development');

const USAGE = `usage: npx node dashboards/src/build.ts --out <folder> [options]

  --out <folder>        where the files go; made when it is not there
  --temporal <address>  of the Temporal Web UI (${DEFAULT_ADDRESSES.temporal})
  --api <address>       of the API (${DEFAULT_ADDRESSES.api})
  --console <address>   of the console (${DEFAULT_ADDRESSES.console})
  --runbooks <address>  where docs/runbooks is served
                        (${DEFAULT_ADDRESSES.runbooks})
  --help
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      temporal: { type: 'string', default: DEFAULT_ADDRESSES.temporal },
      api: { type: 'string', default: DEFAULT_ADDRESSES.api },
      console: { type: 'string', default: DEFAULT_ADDRESSES.console },
      runbooks: { type: 'string', default: DEFAULT_ADDRESSES.runbooks },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!values.out) throw new Error('--out is missing: the folder to write to');
  await mkdir(values.out, { recursive: true });
  const files = dashboards(values);
  for (const [name, dashboard] of files) {
    await writeFile(path.join(values.out, name), contentOf(dashboard));
  }
  console.log(`dashboards: wrote ${files.size} files into ${values.out}`);
}

try {
  await main();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 1;
}
