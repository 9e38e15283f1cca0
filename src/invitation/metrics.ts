/** Metrics of invitations. */
import { counter, gauge, type MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';

export const INVITATION_METRICS = {
  invitations_sent_total: counter({
    help: 'Invitations whose mail was delivered to the mail server.',
    labels: [],
    from: 'api',
    source: 'database: user_invitations_projection',
    fromDatabase: true,
  }),
  invitation_emails_bounced_total: counter({
    help: 'Mails of invitations that were accepted and came back, by why.',
    labels: ['reason'],
    from: 'api',
    source: 'database: invitation_bounces',
    fromDatabase: true,
  }),
  invitations_undelivered: gauge({
    help: 'Pending invitations whose last mail was refused or came back: nobody has their link.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'database: user_invitations_projection',
    fromDatabase: true,
  }),
  invitations_pending: gauge({
    help: 'Invitations that are neither accepted nor revoked nor expired.',
    unit: 'short',
    labels: [],
    from: 'api',
    source: 'database: user_invitations_projection',
    fromDatabase: true,
  }),
} as const satisfies Record<string, MetricDefinition>;
