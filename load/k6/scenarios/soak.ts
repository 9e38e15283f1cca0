/**
 * `soak`: bootstraps at a constant rate for hours; the runner reads the memory before and after.
 */
import { arriving, optionsOf } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import { settings } from '../settings.ts';

export { handleSummary } from '../summary.ts';

export const options = optionsOf({ soak: arriving(settings.rate, settings.durationSeconds) });

export default bootstrap;
