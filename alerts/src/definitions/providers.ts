import { PATIENCE_ROWS, type WaitingAlert } from '#kernel/patience/table.ts';
import { type AlertDefinition, once, type RuleGroup, total } from '../alert.ts';
import { ours } from '../selectors.ts';
import { totalOf } from './totals.ts';

const dnsFailures: AlertDefinition = {
  name: 'DNSConfigurationFailures',
  severity: 'critical',
  team: 'platform',
  service: 'dns',
  // Attempts that are waited out are policy, and have alerts of their own.
  expr: (time) => {
    const range = time.span('10m');
    const attempts = ours('activity_failed_total', 'activity="configureDNSActivity"');
    const waits = ours('activity_waits_total', 'provider=~"cloudflare|store"');
    const failed = total('', `increase(${attempts}[${range}])`);
    const waited = total('', `increase(${waits}[${range}])`);
    return `${failed} - (${waited} or 0 * ${failed}) > 5`;
  },
  summary: 'DNS records cannot be created',
  description:
    '{{ $value | humanize }} attempts at configureDNSActivity failed within 10 minutes, those that are waited out not counted. Attempts count, and not organizations: look at the reason first.',
};

const propagationSlow: AlertDefinition = {
  name: 'DNSPropagationSlow',
  severity: 'warning',
  team: 'platform',
  service: 'dns',
  expr: (time) => {
    const range = time.span('1h');
    const verified = `increase(${totalOf('dns_propagation_duration_seconds_count')}[${range}])`;
    const bucket = totalOf(
      'dns_propagation_duration_seconds_bucket',
      `le=~"${time.seconds('30m')}(\\\\.0)?"`,
    );
    const inTime = total('', `increase(${bucket}[${range}])`);
    return `round(${total('', verified)} - ${inTime}) > 0`;
  },
  summary: 'Resolvers take more than 30 minutes to see a new record',
  description:
    '{{ $value | humanize }} domains verified within an hour had taken more than 30 minutes; runs are about to give up waiting.',
};

const waitingForPerson: AlertDefinition = {
  name: 'DNSVerificationWaitingForPerson',
  severity: 'warning',
  team: 'onboarding',
  service: 'dns',
  expr: () => `${once('', ours('a4c_health_check_value', 'check="dns_waiting_for_person"'))} > 0`,
  for: '1m',
  summary: 'An onboarding waits for a decision about its DNS',
  description:
    '{{ $value | humanize }} runs wait for retry-dns, skip-dns or abort. Without one they fail after DNS_PERSON_WAIT_SECONDS (a day).',
};

const waitingTooLong: AlertDefinition = {
  ...waitingForPerson,
  severity: 'critical',
  expr: (time) =>
    `${once('', ours('dns_waiting_for_person_oldest_seconds'))} > ${time.seconds('12h')}`,
  for: '5m',
  summary: 'An onboarding has waited for a decision about its DNS for half a day',
  description:
    'The oldest has waited for {{ $value | humanizeDuration }}, and fails after DNS_PERSON_WAIT_SECONDS (a day): somebody has to retry, skip or abort it.',
};

const invitations = (range: string, ...matchers: string[]) =>
  total('', `increase(${ours('mails_total', 'kind="invitation"', ...matchers)}[${range}])`);
const invitationsFailing: AlertDefinition = {
  name: 'InvitationDeliveryFailing',
  severity: 'warning',
  team: 'onboarding',
  service: 'email',
  expr: (time) => {
    const range = time.span('15m');
    const failed = invitations(range, 'outcome="failed"');
    return `${failed} / ${invitations(range)} > 0.2
and ${failed} > 2.5`;
  },
  for: '1m',
  summary: 'Invitations are not delivered',
  description:
    '{{ $value | humanizePercentage }} of the attempts to hand an invitation to the mail server failed within 15 minutes, three or more.',
};

const mailBounced: AlertDefinition = {
  name: 'MailBounced',
  severity: 'warning',
  team: 'onboarding',
  service: 'email',
  expr: (time) =>
    `round(${total('reason', `increase(${totalOf('invitation_emails_bounced_total')}[${time.span('1h')}])`)}) > 0`,
  summary: 'Mails of invitations came back: {{ $labels.reason }}',
  description:
    '{{ $value | humanize }} within an hour were accepted by the mail server and not delivered: these people have no link.',
};

/** Attempts that were waited out, of the rows of the table of patience that name this alert. */
function waitsOf(alert: WaitingAlert, range: string): string {
  const rows = PATIENCE_ROWS.filter(({ row }) => row.does === 'wait' && row.alert === alert);
  const distinct = (values: string[]) => [...new Set(values)].join('|');
  const providers = distinct(rows.map(({ provider }) => provider));
  const kinds = distinct(rows.map(({ reason }) => reason));
  return total(
    'provider, kind',
    `increase(${ours('activity_waits_total', `provider=~"${providers}"`, `kind=~"${kinds}"`)}[${range}])`,
  );
}

const keepsWaiting: AlertDefinition = {
  name: 'ProviderKeepsUsWaiting',
  severity: 'warning',
  team: 'platform',
  service: 'a4c-worker',
  // The longest pause between two attempts is five minutes and a quarter of it.
  expr: (time) => `${waitsOf('ProviderKeepsUsWaiting', time.span('10m'))} > 0`,
  for: '15m',
  summary: 'Runs have waited for {{ $labels.provider }} for 15 minutes ({{ $labels.kind }})',
  description:
    '{{ $value | humanize }} attempts within 10 minutes got this answer. The runs go on by themselves when it ends; docs/waiting.md tells for how many hours they wait.',
};

const refusesUs: AlertDefinition = {
  name: 'ProviderRefusesUs',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
  expr: (time) => `${waitsOf('ProviderRefusesUs', time.span('15m'))} > 2.5`,
  // Attempts of a run are up to twelve minutes apart: one page for as long as it is refused.
  keepFiringFor: '15m',
  summary: '{{ $labels.provider }} refuses us: {{ $labels.kind }}',
  description:
    '{{ $value | humanize }} attempts within 15 minutes were refused for our credentials or our plan. Runs wait: two hours for credentials, a day for a quota; then they are undone.',
};

const needsRepair: AlertDefinition = {
  name: 'StoreNeedsRepair',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
  expr: (time) => `${waitsOf('StoreNeedsRepair', time.span('5m'))} > 2.5`,
  for: '1m',
  summary: 'Runs wait for a repair of our own database ({{ $labels.kind }})',
  description:
    '{{ $value | humanize }} attempts within 5 minutes met a projection or a migration that is broken or missing. Events that must be projected are not even stored, so that only this alert shows them. Runs wait for a day.',
};

export const providers: RuleGroup = {
  name: 'providers',
  about: 'What others do for us: DNS and e-mail.',
  rules: [
    dnsFailures,
    propagationSlow,
    waitingForPerson,
    waitingTooLong,
    invitationsFailing,
    mailBounced,
    keepsWaiting,
    refusesUs,
    needsRepair,
  ],
};
