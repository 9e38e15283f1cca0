/** `steady`: bootstraps at a constant rate. */
import { arriving, optionsOf } from '../arrival.ts';
import { bootstrap } from '../bootstrap.ts';
import { settings } from '../settings.ts';

export { handleSummary } from '../summary.ts';

export const options = optionsOf({ steady: arriving(settings.rate, settings.durationSeconds) });

export default bootstrap;
