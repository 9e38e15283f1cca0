/**
 * An optional proxy in front of the API, as a Supabase Edge Function: validates the caller's token,
 * forwards the request to the API and returns its answer. Where it listens is the runtime's to say.
 */
import { createHandler } from './handler.ts';
import { readSettings, SETTING_NAMES } from './settings.ts';

// One by one: the function may be allowed to read these variables and no other.
const env = Object.fromEntries(SETTING_NAMES.map((name) => [name, Deno.env.get(name)]));

Deno.serve(
  { onListen: () => console.log(JSON.stringify({ level: 'info', message: 'function listens' })) },
  createHandler(readSettings(env), (line) => console.log(JSON.stringify(line))),
);
