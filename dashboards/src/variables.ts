/** The variables at the top of each dashboard. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { SELECTORS } from '#alerts/src/selectors.ts';
import { QUEUE_NAMES } from '#kernel/queues.ts';
import type { Addresses } from './addresses.ts';
import { grafanaVariable } from './grafanaVariable.ts';

const DATASOURCE_NAME = 'datasource';
/** The Prometheus data source; no dashboard contains a fixed one. */
export const DATASOURCE = { type: 'prometheus', uid: grafanaVariable(DATASOURCE_NAME) };
/** Matches every value, also of series that appear later. */
const EVERY = '.+';
/** API and workers, and nothing of exporters. */
export const OUR_JOBS = `${SELECTORS.api}|${SELECTORS.worker}`;
/** Matches series without the label, too: where one Prometheus has one environment. */
const EVERY_OR_NONE = '.*';

const several = (
  name: string,
  label: string,
  query: string,
  description: string,
  allValue: string = EVERY,
) =>
  new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(allValue)
    .current({ selected: true, text: 'All', value: '$__all' });

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
      .query({
        query: 'label_values(temporal_num_pollers, temporal_namespace)',
        refId: 'namespace',
      })
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .current({ selected: true, text: 'default', value: 'default' }),
    several(
      'environment',
      'Environment',
      'label_values(a4c_build_info, environment)',
      'Where one Prometheus has several.',
      EVERY_OR_NONE,
    ),
    several(
      'task_queue',
      'Task queue',
      'label_values(workflow_started_total, task_queue)',
      `Of workflows and workers; there is one, ${QUEUE_NAMES[0]}, unless configured otherwise.`,
    ),
    several(
      'job',
      'Job',
      'label_values(a4c_build_info{environment=~"$environment"}, job)',
      'API and worker, as Prometheus calls them.',
      OUR_JOBS,
    ),
    several(
      'instance',
      'Instance',
      'label_values(a4c_build_info{environment=~"$environment",job=~"$job"}, instance)',
      'One process of the API or the worker.',
    ),
    organization(),
    address('temporal', addresses.temporal, 'Address of the Temporal Web UI.'),
    address('api', addresses.api, 'Address of the API.'),
    address('console', addresses.console, 'Address of the console.'),
    address('runbooks', addresses.runbooks, 'Where docs/runbooks is served.'),
  ];
}
