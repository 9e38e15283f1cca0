import type { AlertDefinition, RuleGroup } from '../alert.ts';
import { once } from '../alert.ts';

const dnsFailures: AlertDefinition = {
  name: 'DNSConfigurationFailures',
  severity: 'critical',
  team: 'platform',
  service: 'dns',
  expr: (time) =>
    `sum(increase(activity_failed_total{activity="configureDNSActivity"}[${time.span('10m')}])) > 5`,
  summary: 'DNS records cannot be created',
  description:
    '{{ $value | humanize }} attempts at configureDNSActivity failed within 10 minutes. Attempts count, not organizations: two organizations with a conflict come near it, so look at the reason first.',
};

const propagationSlow: AlertDefinition = {
  name: 'DNSPropagationSlow',
  severity: 'warning',
  team: 'platform',
  service: 'dns',
  expr: (time) => {
    const range = time.span('1h');
    const verified = once('job', `increase(dns_propagation_duration_seconds_count[${range}])`);
    const bucket = `dns_propagation_duration_seconds_bucket{le=~"${time.seconds('30m')}(\\\\.0)?"}`;
    const inTime = once('job', `increase(${bucket}[${range}])`);
    return `sum(${verified}) - sum(${inTime}) > 0.5`;
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
  expr: () => 'max(health_check_value{check="dns_waiting_for_person"}) > 0',
  for: '1m',
  summary: 'An onboarding waits for a decision about its DNS',
  description:
    '{{ $value | humanize }} runs wait for retry-dns, skip-dns or abort. Without one they fail after DNS_PERSON_WAIT_SECONDS (a day).',
};

const INVITATIONS = 'mails_total{kind="invitation"';
const invitationsFailing: AlertDefinition = {
  name: 'InvitationDeliveryFailing',
  severity: 'warning',
  team: 'onboarding',
  service: 'email',
  expr: (time) => {
    const range = time.span('15m');
    const failed = `sum(increase(${INVITATIONS},outcome="failed"}[${range}]))`;
    return `${failed} / sum(increase(${INVITATIONS}}[${range}])) > 0.2
and ${failed} > 2.5`;
  },
  for: '1m',
  summary: 'Invitations are not delivered',
  description:
    '{{ $value | humanizePercentage }} of the attempts to hand an invitation to the mail server failed within 15 minutes, three or more.',
};

export const providers: RuleGroup = {
  name: 'providers',
  about: 'What others do for us: DNS and e-mail.',
  rules: [dnsFailures, propagationSlow, waitingForPerson, invitationsFailing],
};
