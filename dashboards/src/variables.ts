/** The variables at the top of each dashboard. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { grafanaVariable } from './grafanaVariable.ts';

const DATASOURCE_NAME = 'datasource';
/** The Prometheus data source; no dashboard contains a fixed one. */
export const DATASOURCE = { type: 'prometheus', uid: grafanaVariable(DATASOURCE_NAME) };
/** Matches every value, also of series that appear later. */
const EVERY = '.+';

const several = (name: string, label: string, query: string, description: string) =>
  new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(EVERY)
    .current({ selected: true, text: 'All', value: '$__all' });

/** Link targets, which differ between installations. */
export interface Addresses {
  /** Temporal Web UI. */
  temporal: string;
  /** The API, for the events of an organization. */
  api: string;
  /** Folder of the runbooks. */
  runbooks: string;
}

export const DEFAULT_ADDRESSES: Addresses = {
  temporal: 'http://localhost:8233',
  api: 'http://localhost:3000',
  runbooks: 'https://github.com/analytics4change/a4c-workflows/blob/main/docs/runbooks',
};

const address = (name: keyof Addresses, value: string, description: string) =>
  new dashboard.TextBoxVariableBuilder(name)
    .label(name)
    .description(description)
    .hide(dashboard.VariableHide.HideVariable)
    .defaultValue(value)
    .current({ selected: true, text: value, value });

/** An organization's id, for links to its run and its events. */
const organization = () =>
  new dashboard.TextBoxVariableBuilder('organization')
    .label('Organization id')
    .description('Fills the links to one organization: its run in Temporal and its lineage.')
    .defaultValue('')
    .current({ selected: true, text: '', value: '' });

/** The variables of every dashboard; each depends only on those before it. */
export function variables(addresses: Addresses) {
  return [
    new dashboard.DatasourceVariableBuilder(DATASOURCE_NAME)
      .label('Data source')
      .description('The Prometheus that scrapes API and worker.')
      .type('prometheus'),
    new dashboard.QueryVariableBuilder('namespace')
      .label('Temporal namespace')
      .description('Of the workers, and of the links to the Temporal Web UI.')
      .datasource(DATASOURCE)
      .query({ query: 'label_values(temporal_num_pollers, namespace)', refId: 'namespace' })
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .current({ selected: true, text: 'default', value: 'default' }),
    several(
      'task_queue',
      'Task queue',
      'label_values(workflow_started_total, task_queue)',
      `Of workflows and workers; there is one, ${QUEUE_NAMES[0]}, unless configured otherwise.`,
    ),
    several(
      'job',
      'Job',
      'label_values(a4c_build_info, job)',
      'API and worker, as Prometheus calls them.',
    ),
    several(
      'instance',
      'Instance',
      'label_values(a4c_build_info{job=~"$job"}, instance)',
      'One process of the API or the worker.',
    ),
    organization(),
    address('temporal', addresses.temporal, 'Address of the Temporal Web UI.'),
    address('api', addresses.api, 'Address of the API.'),
    address('runbooks', addresses.runbooks, 'Where docs/runbooks is served.'),
  ];
}
