import { expect, test } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { bootstrapWorkflowId, orgIdOfBootstrap } from './contract.ts';

const ID = '6f1c0d3c-8d2e-4a53-9d5c-0d8c0c0a9a11';

test("workflow ids have the known format and contain the organization's id", () => {
  expect(bootstrapWorkflowId(ID)).toBe(`org-bootstrap-${ID}`);
  expect(deletionWorkflowId(ID)).toBe(`org-deletion-${ID}`);
  expect(orgIdOfBootstrap(`org-bootstrap-${ID}`)).toBe(ID);
  for (const other of [`org-deletion-${ID}`, 'org-bootstrap-', 'org-bootstrap-x', ID]) {
    expect(orgIdOfBootstrap(other)).toBeUndefined();
  }
});
