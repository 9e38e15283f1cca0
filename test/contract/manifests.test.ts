import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { SETTING_NAMES } from '#config';

const manifests = readdirSync('k8s').filter((name) => name.endsWith('.yaml'));

interface Container {
  env?: { name: string }[];
}

/** Every container of a document, however deep it lies. */
function containersIn(value: unknown): Container[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { containers?: Container[] }).containers ?? [];
  return [...own, ...Object.values(value).flatMap(containersIn)];
}

test.each(manifests)(
  '%s is YAML, and sets nothing that the configuration does not know',
  async (name) => {
    const documents = parseAllDocuments(await readFile(path.join('k8s', name), 'utf8'));
    for (const document of documents) {
      expect(document.errors).toEqual([]);
      const containers = containersIn(document.toJS());
      expect(containers.length).toBeGreaterThan(0);
      for (const { env = [] } of containers) {
        for (const setting of env) expect(SETTING_NAMES).toContain(setting.name);
      }
    }
  },
);
