import path from 'node:path';
import { expect, test } from 'vitest';
import { FAMILIES } from '#families.ts';
import { refusalOf, renamed } from './names.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

test.each(FAMILIES)('refuses the name of the existing family $name, in any case', ({ name }) => {
  expect(refusalOf(name, ROOT)).toContain('there is a family');
  expect(refusalOf(name.toLowerCase(), ROOT)).toContain('there is a family');
});

test.each([
  ['data_export', 'is no name of a family'],
  ['DataExport', 'is no name of a family'],
  ['export2', 'is no name of a family'],
  ['../escape', 'is no name of a family'],
  ['x', 'is no name of a family'],
  ['nameThatGoesOnAndOnAndOnAndOnAndOn', 'is too long'],
  ['sampleTask', "is the template's own name"],
  ['kernel', 'is reserved'],
  ['families', 'is reserved'],
  ['contract', 'is reserved'],
  ['dev', 'is reserved'],
  ['dispatch', 'is reserved: there is sql/projections/dispatch.sql'],
  ['domain', 'would share the aggregate "domain"'],
  ['organizationBootstrap', 'would register OrganizationBootstrapWorkflow a second time'],
])('refuses "%s": it %s', (name, reason) => {
  expect(refusalOf(name, ROOT)).toContain(reason);
});

test.each(['zebra', 'zebraCrossing'])('accepts the name "%s"', (name) => {
  expect(refusalOf(name, ROOT)).toBeUndefined();
});

test('replaces the template’s name in every form', () => {
  const template =
    'sampleTask SampleTaskWorkflow sample_task SAMPLE_TASK sample-task sample task Sample task';
  expect(renamed(template, 'dataExport')).toBe(
    'dataExport DataExportWorkflow data_export DATA_EXPORT data-export data export Data export',
  );
  expect(renamed(template, 'export')).toBe(
    'export ExportWorkflow export EXPORT export export Export',
  );
});
