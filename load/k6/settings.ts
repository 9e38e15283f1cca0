/** Settings from the runner; see `LoadSettings`. */
import type { LoadRecord, LoadSettings } from './contracts.ts';

function read(): LoadSettings {
  const given = __ENV.LOAD_SETTINGS;
  if (!given) throw new Error('LOAD_SETTINGS is not set: start this with `npm run load -- …`');
  return JSON.parse(given) as LoadSettings;
}

export const settings = read();

/** Sends a message to the runner; k6 is configured to print it unchanged. */
export const tell = (record: LoadRecord): void => console.log(JSON.stringify(record));
