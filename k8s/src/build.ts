/** `npm run k8s:build`: writes the manifests that are made from alerts and dashboards. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FOLDER, generatedManifests } from './generatedManifests.ts';

const files = await generatedManifests();
for (const [name, content] of files) {
  const file = path.join(FOLDER, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}
console.log(`k8s: wrote ${files.size} manifests`);
