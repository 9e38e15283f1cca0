/**
 * `npm run dashboards:build`: writes the dashboards. Without options into `dashboards/`, as they
 * are committed; for an installation into another folder, with its own addresses:
 * `npm run dashboards:build -- --out /tmp/dashboards --temporal https://… --api https://… --runbooks https://…`
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contentOf, dashboards } from './dashboardFiles.ts';
import { DEFAULT_ADDRESSES } from './variables.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.resolve(import.meta.dirname, '..') },
    temporal: { type: 'string', default: DEFAULT_ADDRESSES.temporal },
    api: { type: 'string', default: DEFAULT_ADDRESSES.api },
    runbooks: { type: 'string', default: DEFAULT_ADDRESSES.runbooks },
  },
});

await mkdir(values.out, { recursive: true });
const files = dashboards(values);
for (const [name, dashboard] of files) {
  await writeFile(path.join(values.out, name), contentOf(dashboard));
}
console.log(`dashboards: wrote ${files.size} files into ${values.out}`);
