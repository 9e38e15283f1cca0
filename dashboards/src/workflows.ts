/** Workflows and activities: how runs end, their duration, and which step delays them. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import type { DashboardSpec, Section } from './frame.ts';
import { organizationLineage, organizationRun, temporalList } from './links.ts';
import { bars, lines, number, spread } from './panels.ts';
import { increase, max, own, quantile, rate, ratio, SHOWN_RANGE, sum } from './promql.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
const TYPE = 'workflow_type';
const QUANTILES = [0.5, 0.95, 0.99];
const percent = (q: number) => `p${q * 100}`;
const closedAs = (outcome: string) =>
  `round(sum(${max(increase(own('workflow_closed_total', `outcome="${outcome}"`), SHOWN_RANGE), TYPE)}))`;
const ofStatus = (status: string) => temporalList(status, `ExecutionStatus="${status}"`);
const RUN_LINKS = [organizationRun, organizationLineage];

const ended = (title: string, outcome: string, description: string, status: string) =>
  number({
    title,
    description,
    unit: 'short',
    queries: [{ expr: closedAs(outcome) }],
    links: [ofStatus(status)],
    ...(outcome !== 'completed' && outcome !== 'cancelled' && { thresholds: { warning: 1 } }),
  });

const runs: Section = {
  title: 'Runs',
  panels: [
    ended('Completed', 'completed', 'Runs that completed within the shown range.', 'Completed'),
    ended(
      'Failed',
      'failed',
      'Runs that failed within the shown range, after undoing what they had done. The failure stage is in the event; the error in Temporal.',
      'Failed',
    ),
    ended(
      'Cancelled',
      'cancelled',
      'Runs that a person cancelled within the shown range; they undid what they had done.',
      'Canceled',
    ),
    ended(
      'Terminated',
      'terminated',
      'Runs ended from outside within the shown range. They undid nothing: check the organization, its DNS record and its invitations.',
      'Terminated',
    ),
    ended(
      'Timed out',
      'timed_out',
      'Runs that Temporal ended for their age within the shown range. They undid nothing: check the organization, its DNS record and its invitations.',
      'TimedOut',
    ),
    number({
      title: 'In flight',
      description: 'Runs that have started and not ended.',
      unit: 'short',
      queries: [{ expr: `sum(${max(own('workflow_runs_in_flight'), TYPE)})` }],
      links: [ofStatus('Running')],
    }),
    bars({
      title: 'Runs by outcome',
      description:
        'Ended runs per interval, read from the database: exact after crashes. Failures that start with a deployment: roll it back.',
      unit: 'short',
      queries: [
        {
          expr: sum(max(increase(own('workflow_closed_total')), TYPE, 'outcome'), 'outcome'),
          legend: '{{outcome}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh'],
      links: RUN_LINKS,
    }),
    lines({
      title: 'Failed share of started (1 h)',
      description:
        'Above 10 % with five starts or more: see which activity fails below, then the runbook.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            'workflow_type:workflow_failed:increase1h',
            'workflow_type:workflow_started:increase1h',
          ),
          legend: '{{workflow_type}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh'],
      thresholds: { warning: 0.1 },
    }),
    bars({
      title: 'Started, completed, failed',
      description:
        'Per interval. More started than ended for longer than the DNS waits: runs pile up; look at the oldest one.',
      unit: 'short',
      queries: [
        { expr: `sum(${max(increase(own('workflow_started_total')), TYPE)})`, legend: 'started' },
        {
          expr: `sum(${max(increase(own('workflow_completed_total')), TYPE)})`,
          legend: 'completed',
        },
        { expr: `sum(${max(increase(own('workflow_failed_total')), TYPE)})`, legend: 'failed' },
      ],
      links: RUN_LINKS,
    }),
    lines({
      title: 'Oldest run in flight',
      description:
        'Two hours, and nobody is asked about DNS: the run is stuck; open it in Temporal and look at its pending activity.',
      unit: 's',
      queries: [
        {
          expr: max(own('workflow_oldest_run_age_seconds'), TYPE),
          legend: '{{workflow_type}}',
        },
      ],
      alerts: ['WorkflowStuck'],
      thresholds: { warning: 7200, critical: 100_800 },
      links: [ofStatus('Running'), organizationRun],
    }),
    lines({
      title: 'Duration of completed bootstraps',
      description:
        'Minutes, nearly all of them waiting for DNS. Above an hour: DNS propagation, or activities that are retried.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(
          q,
          max(
            rate(own('workflow_duration_seconds_bucket', `${BOOTSTRAP},outcome="completed"`)),
            'le',
          ),
        ),
        legend: percent(q),
      })),
      alerts: ['WorkflowDurationExcessive'],
      thresholds: { warning: 3600 },
      width: 8,
    }),
    lines({
      title: 'Duration of completed runs by type (p95)',
      description: 'Invitations wait for their person, up to seven days; all others take minutes.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            max(rate(own('workflow_duration_seconds_bucket', 'outcome="completed"')), 'le', TYPE),
          ),
          legend: '{{workflow_type}}',
        },
      ],
      width: 8,
    }),
    spread({
      title: 'How long bootstraps take',
      width: 8,
      description:
        'Ended bootstraps by duration. Two bands: some customers have no subdomain and wait for nothing. A band that moves up: DNS takes longer.',
      unit: 's',
      queries: [
        {
          expr: max(increase(own('workflow_duration_seconds_bucket', BOOTSTRAP)), 'le'),
          legend: '{{le}}',
        },
      ],
      alerts: ['WorkflowDurationExcessive'],
    }),
  ],
};

const activities: Section = {
  title: 'Activities (attempts)',
  panels: [
    lines({
      title: 'Attempts',
      description:
        'Attempts that ended, per second, by activity. None while runs are in flight: see the Temporal worker dashboard.',
      unit: 'ops',
      queries: [
        { expr: sum(rate(own('activity_executed_total')), 'activity'), legend: '{{activity}}' },
      ],
    }),
    bars({
      title: 'Failed attempts',
      description:
        'Per interval, by activity. Retries are normal when a provider stumbles; the runbooks tell what each provider needs.',
      unit: 'short',
      queries: [
        { expr: sum(increase(own('activity_failed_total')), 'activity'), legend: '{{activity}}' },
      ],
      alerts: ['DNSConfigurationFailures', 'InvitationDeliveryFailing'],
    }),
    bars({
      title: 'Attempts that are waited out',
      description:
        'No failures: the runs go on when the answer changes. Refused credentials, quotas and repairs of our own database need a person.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('activity_waits_total')), 'provider', 'kind'),
          legend: '{{provider}} {{kind}}',
        },
      ],
      alerts: ['ProviderKeepsUsWaiting', 'ProviderRefusesUs', 'StoreNeedsRepair'],
    }),
    lines({
      title: 'Failed share of attempts',
      description:
        'Over the shown interval, by activity. verifyDNSActivity does not fail while it waits: it answers that the record is not there yet.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(own('activity_failed_total')), 'activity'),
            sum(rate(own('activity_executed_total')), 'activity'),
          ),
          legend: '{{activity}}',
        },
      ],
      max: 1,
    }),
    lines({
      title: 'Duration of an attempt (p95)',
      description:
        'By activity. A dot is one attempt with its trace: open it to see which call took the time.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(own('activity_duration_seconds_bucket')), 'le', 'activity'),
          ),
          legend: '{{activity}}',
          exemplars: true,
        },
      ],
    }),
    lines({
      title: 'Retries before success (mean)',
      description:
        'By activity. 0 is normal. Above 1: the provider behind it is failing about every second time.',
      unit: 'short',
      queries: [
        {
          expr: ratio(
            sum(rate(own('activity_retry_count_sum')), 'activity'),
            sum(rate(own('activity_retry_count_count')), 'activity'),
          ),
          legend: '{{activity}}',
        },
      ],
    }),
    spread({
      title: 'How long attempts take',
      description: 'All activities. A second band at a round number is a timeout.',
      unit: 's',
      queries: [
        {
          expr: sum(increase(own('activity_duration_seconds_bucket')), 'le'),
          legend: '{{le}}',
        },
      ],
    }),
  ],
};

const onboarding: Section = {
  title: 'Organizations, DNS and invitations',
  panels: [
    lines({
      title: 'Time to onboard',
      description: 'From the accepted request to the active organization.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(q, max(rate(own('organization_bootstrap_duration_seconds_bucket')), 'le')),
        legend: percent(q),
      })),
      alerts: ['WorkflowDurationExcessive'],
      thresholds: { warning: 3600 },
    }),
    lines({
      title: 'DNS propagation',
      description:
        'From the record to its verification by a quorum. Above 30 min runs are about to give up: compare the resolvers below, then ask the DNS provider.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(q, max(rate(own('dns_propagation_duration_seconds_bucket')), 'le')),
        legend: percent(q),
      })),
      alerts: ['DNSPropagationSlow', 'DNSVerificationWaitingForPerson'],
      thresholds: { warning: 1800 },
    }),
    bars({
      title: 'Answers of the resolvers',
      description:
        'Per interval. not_found before found is propagation. One resolver alone with errors: it is down, the quorum does without. All with errors: our egress to port 53.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('dns_verification_lookups_total')), 'resolver', 'result'),
          legend: 'resolver {{resolver}} {{result}}',
        },
      ],
      alerts: ['DNSPropagationSlow'],
    }),
    bars({
      title: 'Mails',
      description:
        'Attempts per interval. failed: the mail server refuses or does not answer; three within 15 minutes and a fifth of all raise an alert.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('mails_total')), 'kind', 'outcome'),
          legend: '{{kind}} {{outcome}}',
        },
      ],
      alerts: ['InvitationDeliveryFailing'],
    }),
    number({
      title: 'Organizations bootstrapped',
      description: 'Within the shown range, as the database counts them.',
      unit: 'short',
      queries: [
        {
          expr: `round(${max(increase(own('organization_bootstrap_completed_total'), SHOWN_RANGE))})`,
        },
      ],
      width: 8,
      links: RUN_LINKS,
    }),
    number({
      title: 'Invitations sent',
      description: 'Within the shown range, as the database counts them.',
      unit: 'short',
      queries: [{ expr: `round(${max(increase(own('invitations_sent_total'), SHOWN_RANGE))})` }],
      width: 8,
    }),
    number({
      title: 'Invitations pending',
      description:
        'Neither accepted nor revoked nor expired. Those past their expiry are the health check expired_invitations.',
      unit: 'short',
      queries: [{ expr: max(own('invitations_pending')) }],
      width: 8,
    }),
    number({
      title: 'Invitations undelivered',
      description:
        'Pending, and their last mail was refused: nobody has their link. The list of invitations says why.',
      unit: 'short',
      queries: [{ expr: max(own('invitations_undelivered')) }],
      thresholds: { warning: 1 },
      width: 8,
    }),
    number({
      title: 'Accounts behind',
      description:
        'Their memberships have changed and Supabase Auth is not known to have them. 0 within seconds is normal; SELECT last_error FROM account_syncs tells why not.',
      unit: 'short',
      queries: [{ expr: max(own('accounts_behind')) }],
      width: 8,
    }),
    number({
      title: 'Longest behind',
      description: 'How long the longest waiting of these accounts has been waiting.',
      unit: 's',
      queries: [{ expr: max(own('accounts_behind_oldest_seconds')) }],
      thresholds: { warning: 300 },
      width: 8,
    }),
    bars({
      title: 'Accounts told of memberships',
      description:
        'Attempts per interval. failed ones are tried again with growing pauses; gone: the account is deleted at Supabase Auth.',
      unit: 'short',
      queries: [
        { expr: sum(increase(own('account_syncs_total')), 'outcome'), legend: '{{outcome}}' },
      ],
      width: 8,
    }),
  ],
};

export const workflows: DashboardSpec = {
  uid: 'a4c-workflows',
  title: 'A4C onboarding: Workflows and activities',
  description: 'How runs end, how long they take, and which step holds them up.',
  sections: [runs, activities, onboarding],
};
