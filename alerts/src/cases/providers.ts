import type { AlertCase } from '../alertCase.ts';

const attempts = (instance: string) =>
  `activity_failed_total{activity="configureDNSActivity",instance="${instance}"}`;
const replica = (instance: string) => `job="a4c-api",instance="${instance}"`;
const verified = (instance: string) =>
  `dns_propagation_duration_seconds_count{${replica(instance)}}`;
const verifiedInTime = (instance: string) =>
  `dns_propagation_duration_seconds_bucket{${replica(instance)},le="1800.0"}`;
const mails = (outcome: string) => `mails_total{kind="invitation",outcome="${outcome}"}`;

const waits = (provider: string, kind: string, instance: string) =>
  `activity_waits_total{provider="${provider}",kind="${kind}",instance="${instance}"}`;

export const providerCases: readonly AlertCase[] = [
  {
    alert: 'DNSConfigurationFailures',
    // Two workers with four failed attempts each; failures of other activities do not count.
    series: {
      [attempts('a')]: '0x10 0+1x4 4x600',
      [attempts('b')]: '0x10 0+1x4 4x600',
      'activity_failed_total{activity="verifyDNSActivity"}': '0+5x600',
    },
    silent: '13m',
    firing: '16m',
    resolved: '30m',
    fires: [{ value: '8' }],
  },
  {
    alert: 'DNSConfigurationFailures',
    // Cloudflare does not answer: every attempt is waited out.
    series: {
      [attempts('a')]: '0x10 0+1x60 60x600',
      [waits('cloudflare', 'transport', 'a')]: '0x10 0+1x60 60x600',
    },
    firing: '40m',
    fires: [],
  },
  {
    alert: 'DNSPropagationSlow',
    series: {
      [verified('a')]: '0x30 5x600',
      [verifiedInTime('a')]: '0x30 3x600',
      [verified('b')]: '0x30 5x600',
      [verifiedInTime('b')]: '0x30 3x600',
    },
    silent: '30m',
    firing: '40m',
    resolved: '100m',
    fires: [{ value: '2' }],
  },
  {
    alert: 'DNSVerificationWaitingForPerson',
    rule: { severity: 'warning' },
    series: {
      'a4c_health_check_value{check="dns_waiting_for_person",instance="a"}': '0x10 2x10 0x600',
      'a4c_health_check_value{check="dns_waiting_for_person",instance="b"}': '0x10 2x10 0x600',
    },
    silent: '11m',
    firing: '13m',
    resolved: '22m',
    fires: [{ value: '2' }],
  },
  {
    alert: 'DNSVerificationWaitingForPerson',
    rule: { severity: 'critical' },
    series: { 'dns_waiting_for_person_oldest_seconds{instance="a"}': '43000x10 43000+60x30 0x600' },
    silent: '18m',
    firing: '30m',
    resolved: '43m',
    fires: [{ value: '12h 15m 40s' }],
  },
  {
    alert: 'InvitationDeliveryFailing',
    series: {
      [mails('failed')]: '0x10 0+1x10 10x600',
      [mails('sent')]: '0+1x600',
    },
    silent: '13m',
    firing: '25m',
    resolved: '45m',
    fires: [{ value: '40%' }],
  },
  {
    alert: 'InvitationDeliveryFailing',
    // Only two attempts, both failed: below the minimum number.
    series: {
      [mails('failed')]: '0x10 2x20 0x3 5x600',
      [mails('sent')]: '0x700',
    },
    silent: '15m',
    firing: '40m',
    resolved: '60m',
    fires: [{ value: '100%' }],
  },
  {
    alert: 'MailBounced',
    // Two replicas with the same total.
    series: {
      'invitation_emails_bounced_total{instance="a",reason="mailbox"}': '0x20 2x600',
      'invitation_emails_bounced_total{instance="b",reason="mailbox"}': '0x20 2x600',
      'invitation_emails_bounced_total{instance="a",reason="other"}': '0x600',
    },
    silent: '20m',
    firing: '60m',
    resolved: '90m',
    fires: [{ labels: { reason: 'mailbox' }, value: '2' }],
  },
  {
    alert: 'ProviderKeepsUsWaiting',
    // Two workers; a wait of five minutes is over before the alert fires.
    series: {
      [waits('cloudflare', 'rate_limited', 'a')]: '0x10 0+1x40 40x600',
      [waits('cloudflare', 'rate_limited', 'b')]: '0x10 0+1x40 40x600',
      [waits('smtp', 'unavailable', 'a')]: '0x10 0+1x2 2x600',
    },
    silent: '20m',
    firing: '40m',
    resolved: '70m',
    fires: [{ labels: { provider: 'cloudflare', kind: 'rate_limited' }, value: '20' }],
  },
  {
    alert: 'ProviderRefusesUs',
    // Three refusals, of our credentials or of our plan; a single one is tried again and forgotten.
    series: {
      [waits('cloudflare', 'unauthorized', 'a')]: '0x10 1x30 2x1 3x1 4x600',
      [waits('cloudflare', 'quota', 'a')]: '0x10 1x30 2x1 3x1 4x600',
      [waits('cloudflare', 'transport', 'a')]: '0x600',
    },
    silent: '30m',
    firing: '50m',
    resolved: '80m',
    fires: [
      { labels: { provider: 'cloudflare', kind: 'unauthorized' }, value: '3' },
      { labels: { provider: 'cloudflare', kind: 'quota' }, value: '3' },
    ],
  },
  {
    alert: 'StoreNeedsRepair',
    series: {
      [waits('store', 'broken', 'a')]: '0x10 0+1x10 10x600',
      [waits('store', 'unavailable', 'a')]: '0+1x600',
    },
    silent: '10m',
    firing: '18m',
    resolved: '30m',
    fires: [{ labels: { provider: 'store', kind: 'broken' }, value: '5' }],
  },
];
