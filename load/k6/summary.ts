/** What is left of a run of k6: its figures, as JSON, for the runner. */
import { settings } from './settings.ts';

/** Statistics of each trend, in this order. */
export const summaryTrendStats = ['count', 'min', 'avg', 'p(50)', 'p(95)', 'p(99)', 'max'];

/** Called by k6 at the end of a script that exports it. */
export const handleSummary = (data: object): Record<string, string> => ({
  [settings.summaryFile]: JSON.stringify(data),
});
