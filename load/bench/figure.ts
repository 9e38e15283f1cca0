/** What a figure of the benchmark is made of. */
import type { Spread } from '../stage/statistics.ts';

/** One line of the result: what was measured, the limit beside it, and whether that is enough. */
export interface Row {
  figure: string;
  measured: string;
  /** The limit measured beside it in the same rounds; undefined where there is none. */
  limit?: string;
  /** Of measured to limit, over the rounds. */
  ratio?: Spread;
  target?: string;
  /** Undefined where nothing was asked for. */
  reached?: boolean;
  details?: Record<string, unknown>;
}

export interface Run {
  /** Told what is under way, a line each. */
  log: (line: string) => void;
  /** A few rounds of little, to see that everything works; its figures mean nothing. */
  quick: boolean;
}

export interface Figure {
  /** As `--only` names it. */
  id: string;
  title: string;
  measure(run: Run): Promise<Row[]>;
}

export const ms = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const perSecond = (value: number): string =>
  `${value < 100 ? value.toFixed(1) : Math.round(value)}/s`;
