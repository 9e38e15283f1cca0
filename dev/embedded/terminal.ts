/** Output for people: coloured on a terminal, plain in a file or a pipe. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const SECOND_MS = 1000;
const EXACT_BELOW_MS = 10_000;

/** Styles text where the terminal supports it; follows NO_COLOR and FORCE_COLOR. */
export const styled = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout });

/** `85 ms`, `1.24 s`, `12.5 s`. */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  return `${(ms / SECOND_MS).toFixed(ms < EXACT_BELOW_MS ? 2 : 1)} s`;
}

/** A line `  name      value`, with all names in one column. */
export const labelled = (name: string, value: string, width = 18): string =>
  `  ${styled('dim', name.padEnd(width))} ${value}`;
