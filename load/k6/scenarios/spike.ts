/** `spike`: a constant rate, a multiple of it for a third of the time, and the same rate again. */
import { arriving, optionsOf } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import { METRIC, SPIKE_PARTS } from '../contracts.ts';
import { settings } from '../settings.ts';

export { handleSummary } from '../summary.ts';

const { rate, spikeFactor } = settings;
const [before, spike, after] = SPIKE_PARTS;
const third = Math.max(1, Math.round(settings.durationSeconds / 3));

export const options = optionsOf(
  {
    [before]: arriving(rate, third),
    [spike]: arriving(rate * spikeFactor, third, { startSeconds: third }),
    [after]: arriving(rate, third, { startSeconds: 2 * third }),
  },
  { metric: METRIC.timeToWorkflowStart, names: [...SPIKE_PARTS] },
);

export default bootstrap;
