/** What the runs are for: organizations, DNS records, invitations, accounts. */
import type { Section } from '../frame.ts';
import { RUN_LINKS } from '../links.ts';
import { bars, lines, number } from '../panels.ts';
import {
  increase,
  max,
  own,
  percent,
  QUANTILES,
  quantile,
  rate,
  SHOWN_RANGE,
  sum,
} from '../promql.ts';

export const organizations: Section = {
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
    bars({
      title: 'Mails that came back',
      description:
        'Per interval, by reason. The mail server had taken them; nobody has the link. The list of invitations says which.',
      unit: 'short',
      queries: [
        {
          expr: max(increase(own('invitation_emails_bounced_total')), 'reason'),
          legend: '{{reason}}',
        },
      ],
      width: 24,
      height: 6,
    }),
    number({
      title: 'Longest wait for a person',
      description:
        'Of the runs whose DNS nobody has decided on. After 12 hours of the 24 it pages: call somebody.',
      unit: 's',
      queries: [{ expr: max(own('dns_waiting_for_person_oldest_seconds')) }],
      alerts: ['DNSVerificationWaitingForPerson'],
      width: 24,
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
      width: 24,
    }),
  ],
};
