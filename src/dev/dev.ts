/** `npm run dev`: stack, API and worker, until Ctrl-C. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ConfigError } from '#config';
import { stopRequest } from '#stopRequest';
import { addressesOf, type Platform, startPlatform } from './platform.ts';
import { CALLER } from './sampleOrganization.ts';
import { duration, labelled, styled } from './terminal.ts';

const USAGE = `usage: npm run dev

Starts PostgreSQL, Temporal, DNS, Cloudflare, SMTP and Supabase Auth on this machine, and API
and worker on them, and stays until Ctrl-C. All data is gone afterwards. Several can run at once.

TEMPORAL_CLI names the Temporal CLI to use; one is looked for, or installed, otherwise.
`;

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

async function printAddresses(platform: Platform): Promise<void> {
  console.log();
  for (const [name, address] of addressesOf(platform)) console.log(labelled(name, address));
  const token = await platform.stack.supabase.issueToken(CALLER);
  console.log(`\nA token for the API, valid for an hour:\n\n${token}`);
  console.log(`\n${styled('bold', 'Ctrl-C ends everything.')}`);
}

export async function runDev(args: string[]): Promise<void> {
  if (parse(args).help) {
    console.log(USAGE);
    return;
  }
  const stopping = stopRequest(() => console.log('\nstopping; Ctrl-C again ends at once'));
  const onStarted = (part: string, ms: number) => console.log(labelled(part, duration(ms)));
  try {
    const platform = await startPlatform({ log: console.log, onStarted }, stopping);
    await printAddresses(platform);
    if (!stopping.aborted) await once(stopping, 'abort');
    await platform.stop();
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}
