import type { AlertCase } from '../alertCase.ts';

const BOOTSTRAP = 'workflow_type="OrganizationBootstrapWorkflow"';
const labels = { workflow_type: 'OrganizationBootstrapWorkflow' };
const stuck = { ...labels, task_queue: 'bootstrap' };
const counted = (name: string, instance: string) =>
  `workflow_${name}_total{${BOOTSTRAP},task_queue="bootstrap",instance="${instance}"}`;
const ENDED = `${BOOTSTRAP},outcome="completed"`;
const endedWithin = (le: string) => `workflow_duration_seconds_bucket{${ENDED},le="${le}"}`;
const closed = (outcome: string) =>
  `workflow_closed_total{${BOOTSTRAP},task_queue="bootstrap",outcome="${outcome}"}`;
const ended = `workflow_duration_seconds_count{${ENDED}}`;

export const workflowCases: readonly AlertCase[] = [
  {
    alert: 'WorkflowFailureRateHigh',
    // Two replicas export the same totals, which must not be summed.
    series: {
      [counted('started', 'a')]: '0+1x120 120x500',
      [counted('started', 'b')]: '0+1x120 120x500',
      [counted('failed', 'a')]: '0x60 0+1x20 20x500',
      [counted('failed', 'b')]: '0x60 0+1x20 20x500',
    },
    silent: '70m',
    firing: '75m',
    resolved: '150m',
    fires: [{ labels, value: '23.33%' }],
  },
  {
    alert: 'WorkflowFailureRateHigh',
    // Four starts that all fail are below the minimum; the fifth one makes the alert fire.
    series: {
      [counted('started', 'a')]: '0x10 4x30 5x300',
      [counted('failed', 'a')]: '0x10 4x30 5x300',
    },
    silent: '30m',
    firing: '50m',
    resolved: '120m',
    fires: [{ labels, value: '100%' }],
  },
  {
    alert: 'WorkflowFailureRateHigh',
    // One failure in nine is a tenth, and no pattern.
    series: {
      [counted('started', 'a')]: '0x10 9x300',
      [counted('failed', 'a')]: '0x10 1x300',
    },
    firing: '30m',
    fires: [],
  },
  {
    alert: 'NothingCompletes',
    // The third failure within an hour, while none completes; then one does.
    series: {
      [closed('completed')]: '0+1x60 60x100 61x300',
      [closed('failed')]: '0x60 0x50 1x20 2x20 3x400',
      [closed('cancelled')]: '0x60 5x500',
    },
    silent: '130m',
    firing: '160m',
    resolved: '178m',
    fires: [{ value: '3' }],
  },
  {
    alert: 'WorkflowDurationExcessive',
    series: {
      [ended]: '0x30 2x600',
      [endedWithin('3600.0')]: '0x30 1x600',
    },
    silent: '30m',
    firing: '35m',
    resolved: '60m',
    fires: [{ labels, value: '1' }],
  },
  {
    alert: 'WorkflowDurationExcessive',
    // The bucket's label as Prometheus before 3 writes it.
    series: {
      [ended]: '0x30 2x600',
      [endedWithin('3600')]: '0x30 1x600',
    },
    silent: '30m',
    firing: '35m',
    resolved: '60m',
    fires: [{ labels, value: '1' }],
  },
  {
    alert: 'WorkflowStuck',
    series: {
      [`workflow_oldest_run_age_seconds{${BOOTSTRAP},instance="a"}`]: '0+60x200 0x600',
      'a4c_health_check_value{check="dns_waiting_for_person"}': '0x900',
    },
    silent: '124m',
    firing: '130m',
    resolved: '202m',
    fires: [{ labels: stuck, value: '2h 10m 0s' }],
  },
  {
    alert: 'WorkflowStuck',
    // A run that waits for a person is not stuck before its waiting time is over.
    series: {
      [`workflow_oldest_run_age_seconds{${BOOTSTRAP},instance="a"}`]: '95000x20 103200x20 0x600',
      'a4c_health_check_value{check="dns_waiting_for_person"}': '1x700',
    },
    silent: '20m',
    firing: '30m',
    resolved: '42m',
    fires: [{ labels: stuck, value: '1d 4h 40m 0s' }],
  },
  {
    alert: 'WorkflowStuck',
    // Cloudflare is away for a day: the table of patience says so. When it is back, the run is stuck.
    series: {
      [`workflow_oldest_run_age_seconds{${BOOTSTRAP},instance="a"}`]: '86400x100 0x600',
      'activity_waits_total{provider="cloudflare",kind="transport"}': '0+1x60 60x640',
      'a4c_health_check_value{check="dns_waiting_for_person"}': '0x700',
    },
    silent: '60m',
    firing: '90m',
    resolved: '102m',
    fires: [{ labels: stuck, value: '1d 0h 0m 0s' }],
  },
  {
    alert: 'WorkflowStuck',
    // An invitation may be open for a week.
    series: {
      'workflow_oldest_run_age_seconds{workflow_type="UserInvitationWorkflow"}':
        '600000x20 700000x20 0x600',
      'a4c_health_check_value{check="dns_waiting_for_person"}': '0x700',
    },
    silent: '20m',
    firing: '30m',
    resolved: '42m',
    fires: [
      {
        labels: { workflow_type: 'UserInvitationWorkflow', task_queue: 'users' },
        value: '8d 2h 26m 40s',
      },
    ],
  },
];
