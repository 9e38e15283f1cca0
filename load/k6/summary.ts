/** Writes the figures of a k6 run as JSON, for the runner. */
import { settings } from './settings.ts';

/** Statistics of each trend, in this order. */
export const summaryTrendStats = ['count', 'min', 'avg', 'p(50)', 'p(95)', 'p(99)', 'max'];

/** k6 calls it at the end of a script that exports it. */
export const handleSummary = (data: object): Record<string, string> => ({
  [settings.summaryFile]: JSON.stringify(data),
});
