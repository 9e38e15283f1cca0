/** Bundles of the workflow code as it was, or might become: the present sources with changes. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflows } from '#workflowBundle';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Change {
  /** File in `src/workflows`. */
  file: string;
  from: string;
  to: string;
}

/** The code from before DNS was verified, and so from before all later patches: no marker of any. */
export const BEFORE_DNS_VERIFICATION: Change[] = [
  {
    file: 'organizationBootstrap.ts',
    from: `if (patched('dns-verification')) {`,
    to: 'if (false) {',
  },
  {
    file: 'organizationBootstrap.ts',
    from: `if (!patched('user-invitation-runs')) return;`,
    to: 'if (true) return;',
  },
  { file: 'organizationBootstrap.ts', from: '  patched,\n', to: '' },
];

/** @throws when a change does not apply: then it no longer says what it was written to say. */
export async function bundleChangedWorkflows(changes: Change[]): Promise<string> {
  // Inside the project, because `#domain/*` is resolved from its package.json.
  const folder = await mkdtemp(path.join(ROOT, '.cache', 'changed-workflows-'));
  try {
    await cp(path.join(ROOT, 'src/workflows'), folder, { recursive: true });
    for (const { file, from, to } of changes) {
      const source = await readFile(path.join(folder, file), 'utf8');
      if (!source.includes(from)) throw new Error(`${file} does not contain ${from}`);
      await writeFile(path.join(folder, file), source.replace(from, to));
    }
    return await bundleWorkflows(path.join(folder, 'index.ts'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
