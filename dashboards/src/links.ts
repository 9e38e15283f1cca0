/** Link targets of panels: the Temporal Web UI, runbooks, the events of one organization. */
import { grafanaAddress, grafanaVariable } from './grafanaVariable.ts';

export interface PanelLink {
  title: string;
  url: string;
}

const TEMPORAL = `${grafanaAddress('temporal')}/namespaces/${grafanaVariable('namespace')}`;
const ORGANIZATION = grafanaVariable('organization');

const runbookUrl = (alert: string) => `${grafanaAddress('runbooks')}/${alert}.md`;

/** Link to the runbook of an alert. */
export const runbookLink = (alert: string): PanelLink => ({
  title: `Runbook: ${alert}`,
  url: runbookUrl(alert),
});

/** In a table: link to the runbook of the alert in the clicked row. */
export const runbookOfRow = (column: string): PanelLink => ({
  title: 'Runbook',
  url: runbookUrl(grafanaVariable(`__data.fields.${column}`)),
});

/** Link to the workflows of the chosen namespace that match a visibility query. */
export const temporalList = (title: string, query: string): PanelLink => ({
  title: `Temporal: ${title}`,
  url: `${TEMPORAL}/workflows?query=${encodeURIComponent(query)}`,
});

export const temporalTaskQueue: PanelLink = {
  title: 'Temporal: the task queue and its pollers',
  url: `${TEMPORAL}/task-queues/${grafanaVariable('task_queue')}`,
};

/** Link to the bootstrap of the organization that the reader entered. */
export const organizationRun: PanelLink = {
  title: 'Temporal: the run of the entered organization',
  url: `${TEMPORAL}/workflows/org-bootstrap-${ORGANIZATION}`,
};

export const organizationLineage: PanelLink = {
  title: 'Lineage of the entered organization',
  url: `${grafanaAddress('api')}/api/v1/organizations/${ORGANIZATION}/lineage`,
};

/** Of panels about runs. */
export const RUN_LINKS = [organizationRun, organizationLineage];
