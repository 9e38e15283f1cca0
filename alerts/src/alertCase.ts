/**
 * A case for `promtool test rules`: one sample per minute; times before, during and after the
 * alert.
 */
import type { Duration } from './timeScale.ts';

export interface FiringAlert {
  /** Static labels of its rule, where several rules with the name fire at once. */
  rule?: Record<string, string>;
  /** Labels in addition to severity, team and service, and the values of these if templates. */
  labels?: Record<string, string>;
  /**
   * The text that `{{ $value
   * … }}` gives in the description.
   */
  value?: string;
}

export interface AlertCase {
  alert: string;
  /** Static labels of the rule, where several share the name. */
  rule?: Record<string, string>;
  /** Samples in promtool's notation: `0+1x60 60x20`. */
  series: Record<string, string>;
  /** Minute at which it does not fire yet; left out for alerts that always fire. */
  silent?: Duration;
  firing: Duration;
  /** Minute at which it no longer fires. */
  resolved?: Duration;
  /** Alerts that fire; one alert without labels when left out. */
  fires?: FiringAlert[];
  /** Alerts that fire without samples of the target; none when left out. */
  missing?: FiringAlert[];
}
