/**
 * An optional proxy in front of the API, as a Supabase Edge Function: validates the caller's token,
 * forwards the request to the API and returns its response. The runtime chooses the listen address.
 */
import { createHandler } from './handler.ts';
import { readSettings, SETTING_NAMES } from './settings.ts';

// Read one by one: the function may have permission for these variables only.
const env = Object.fromEntries(SETTING_NAMES.map((name) => [name, Deno.env.get(name)]));

Deno.serve(
  { onListen: () => console.log(JSON.stringify({ level: 'info', message: 'function listens' })) },
  createHandler(readSettings(env), (line) => console.log(JSON.stringify(line))),
);
