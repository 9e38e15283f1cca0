/** How an alert is tried by `promtool test rules`: one sample a minute, a moment of each kind. */
import type { Duration } from './timeScale.ts';

export interface FiringAlert {
  /** Static labels of its rule, where several rules of the name fire at once. */
  rule?: Record<string, string>;
  /** Labels beside severity, team and service, and those where they are templates. */
  labels?: Record<string, string>;
  /** What `{{ $value | … }}` comes to in the description. */
  value?: string;
}

export interface AlertCase {
  alert: string;
  /** Of the rules with this name, the one with these static labels; the only one when left out. */
  rule?: Record<string, string>;
  /** Samples in promtool's notation: `0+1x60 60x20`. */
  series: Record<string, string>;
  /** When it does not fire yet; left out by what always fires. */
  silent?: Duration;
  firing: Duration;
  /** When it fires no more. */
  resolved?: Duration;
  /** What fires; one alert without labels when left out. */
  fires?: FiringAlert[];
  /** What fires where the target gives no samples; nothing when left out. */
  missing?: FiringAlert[];
}
