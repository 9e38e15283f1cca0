/** The names that metrics had before 0.3, for one version: whoever asks for them still finds them. */
import type { RecordingRule, RuleGroup } from '../alert.ts';
import { ours } from '../selectors.ts';

/** New name of each renamed metric, by its former one. */
const RENAMED = {
  build_info: 'a4c_build_info',
  health_check_value: 'a4c_health_check_value',
  health_check_severity: 'a4c_health_check_severity',
  health_check_duration_seconds: 'a4c_health_check_duration_seconds',
  health_check_last_success_timestamp_seconds: 'a4c_health_check_last_success_timestamp_seconds',
} as const;

export const formerNames: RuleGroup = {
  name: 'formerNames',
  about: 'Metrics under the names that they had before: to be removed in the next version.',
  rules: Object.entries(RENAMED).map(
    ([record, name]): RecordingRule => ({
      record,
      expr: () => ours(name),
    }),
  ),
};
