/** `npm run docs:metrics`: writes docs/metrics.md. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { METRICS_PAGE } from '#dashboards/check/staticProblems.ts';
import { metricsPage } from './metricsPage.ts';

await mkdir(path.dirname(METRICS_PAGE), { recursive: true });
await writeFile(METRICS_PAGE, metricsPage());
console.log(`wrote ${METRICS_PAGE}`);
