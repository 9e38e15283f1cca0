import { type AlertDefinition, once, type RuleGroup } from '../alert.ts';
import { ours } from '../selectors.ts';

const about = { severity: 'critical', team: 'platform', service: 'canary' } as const;

const IN_A_ROW = 3;
const INTERVALS = 4;

const enabled = once('', ours('canary_enabled'));

const failing: AlertDefinition = {
  ...about,
  name: 'CanaryFailing',
  expr: () => `${once('', ours('canary_failures_in_a_row'))} >= ${IN_A_ROW}
and ${enabled} == 1`,
  for: '1m',
  summary: 'Synthetic onboardings fail',
  description:
    'The last {{ $value | humanize }} canaries have failed, or could not be removed: an onboarding of a customer would most likely fail now, too. The log of the API has the reason of each.',
};

const missing: AlertDefinition = {
  ...about,
  name: 'CanaryMissing',
  // One that was switched on within the hour has had no time yet.
  expr: (
    time,
  ) => `time() - ${once('', ours('canary_last_success_timestamp_seconds'))} > ${INTERVALS} * ${once('', ours('canary_interval_seconds'))}
and ${enabled} == 1
and ${once('', `${ours('canary_enabled')} offset ${time.span('1h')}`)} == 1`,
  for: '5m',
  summary: 'No synthetic onboarding has completed for a long time',
  description:
    'The last canary that completed is {{ $value | humanizeDuration }} ago, which is more than four intervals: none is made, one does not end, or they fail.',
};

export const canary: RuleGroup = {
  name: 'canary',
  about: 'A synthetic onboarding of an organization, by a schedule: docs/canary.md.',
  rules: [failing, missing],
};
