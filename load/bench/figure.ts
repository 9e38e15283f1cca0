/** The parts of a benchmark figure. */
import type { Spread } from '../stage/statistics.ts';

/** One line of the result: the measured value, its limit, and the verdict. */
export interface Row {
  figure: string;
  measured: string;
  /** The limit, measured in the same rounds; undefined where there is none. */
  limit?: string;
  /** Ratio of measured value to limit, over the rounds. */
  ratio?: Spread;
  target?: string;
  /** Undefined where no target is set. */
  reached?: boolean;
  details?: Record<string, unknown>;
}

export interface Run {
  /** Called with a line about the progress. */
  log: (line: string) => void;
  /** Few and short rounds, to test that everything works; the figures mean nothing. */
  quick: boolean;
}

export interface Figure {
  /** The name for `--only`. */
  id: string;
  title: string;
  measure(run: Run): Promise<Row[]>;
}

export const ms = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const perSecond = (value: number): string =>
  `${value < 100 ? value.toFixed(1) : Math.round(value)}/s`;
