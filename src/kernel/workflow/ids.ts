/** Workflow ids that contain one UUID. */

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const WHOLE_UUID = new RegExp(`^${UUID}$`);
/** True for a UUID in lower case. */
export const isUuid = (text: string): boolean => WHOLE_UUID.test(text);

export interface WorkflowIds {
  /** The workflow id for a UUID (lower case). */
  idOf(uuid: string): string;
  /** The UUID in a workflow id; undefined for an id of another form. */
  uuidOf(workflowId: string): string | undefined;
}

/** Ids of the form `{prefix}{uuid}`. */
export function workflowIds(prefix: string): WorkflowIds {
  const pattern = new RegExp(`^${prefix}(${UUID})$`);
  return {
    idOf: (uuid) => `${prefix}${uuid}`,
    uuidOf: (workflowId) => pattern.exec(workflowId)?.[1],
  };
}

/** `orgIdOf` of a workflow whose ids contain no organization. */
export const namesNoOrganization = (_workflowId: string): undefined => undefined;

/** The UUID directly after `prefix`; undefined for an id of another form. */
export const leadingUuid = (workflowId: string, prefix: string): string | undefined =>
  new RegExp(`^${prefix}(${UUID})-`).exec(workflowId)?.[1];
