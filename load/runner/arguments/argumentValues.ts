/** Parses the values of options; each error says what is valid. */
import { ConfigError } from '#config.ts';
import type { MixedWeights } from '../../k6/contracts.ts';

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** @throws ConfigError naming the option. */
function numberFrom(
  option: string,
  text: string,
  isRight: (value: number) => boolean,
  wanted: string,
): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && isRight(value)) return value;
  throw new ConfigError(`--${option} must be ${wanted}, not ${text}`);
}

export const positive = (option: string, text: string): number =>
  numberFrom(option, text, (value) => value > 0, 'a number above 0');

export const wholeFrom = (least: number, option: string, text: string): number =>
  numberFrom(
    option,
    text,
    (value) => Number.isInteger(value) && value >= least,
    `a whole number from ${least} on`,
  );

export function secondsFrom(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new ConfigError(`--${option} must be a duration such as 30s, 5m or 1h, not ${text}`);
}

export function stepsFrom(text: string): number[] {
  const steps = text.split(',').map((step) => positive('steps', step));
  if (steps.every((step, index) => index === 0 || step > steps[index - 1]!)) return steps;
  throw new ConfigError(`--steps must rise, not ${text}`);
}

export function weightsFrom(text: string): MixedWeights {
  const weights = text.split(':').map(Number);
  const [reads = 0, bootstraps = 0, invitations = 0] = weights;
  const isRight = weights.length === 3 && weights.every((weight) => weight >= 0);
  if (isRight && reads + bootstraps + invitations > 0) return { reads, bootstraps, invitations };
  throw new ConfigError(`--weights must be three numbers such as 85:5:10, not ${text}`);
}

/** Removes trailing slashes. */
export function urlFrom(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) {
    return text.replace(/\/+$/, '');
  }
  throw new ConfigError(`--url must be an http or https address, not ${text}`);
}

export function emailFrom(text: string): string {
  if (/^[^\s@+]+@[^\s@]+\.[^\s@]+$/.test(text)) return text;
  throw new ConfigError(`--email must be an address without a +, not ${text}`);
}
