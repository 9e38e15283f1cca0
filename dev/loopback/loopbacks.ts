/**
 * `node dev/main.ts loopbacks`: stand-ins for external services without a container image, for
 * compose.yaml. They listen where the settings of API and worker point, because they read the same
 * settings.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { CALLER } from '#dev/demo/sampleOrganization.ts';
import { localRouting } from '#dev/embedded/localRouting.ts';
import { createReleasers, type Releasers } from '#dev/embedded/releasers.ts';
import { type DevConfig, loadDevConfig } from '#dev/settings.ts';
import { withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { startLoopbackNames } from './loopbackNames.ts';
import { startLoopbackPager } from './loopbackPager.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from './loopbackSupabase.ts';

const ALERT_ROUTES = path.resolve(import.meta.dirname, '../../alerts/alertmanager.yml');
const USAGE = `usage: node dev/main.ts loopbacks [options]

Serves Supabase Auth at SUPABASE_URL, the Cloudflare API at CLOUDFLARE_API_BASE_URL, and
DNS at the ports of DNS_RESOLVERS, until it is stopped. What they know is gone afterwards.

  --host          where they listen (127.0.0.1)
  --token-port    GET /token is answered with a token for the API, valid for an hour (8788)
  --pages-port    takes Alertmanager's webhooks; GET shows every page so far (8789)
  --alert-routes  file to write Alertmanager's configuration to: the routes of
                  alerts/alertmanager.yml, every one of which leads to the pages
`;

const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1' },
  'token-port': { type: 'string', default: '8788' },
  'pages-port': { type: 'string', default: '8789' },
  'alert-routes': { type: 'string' },
  help: { type: 'boolean' },
} as const;

function portFrom(text: string, of: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new ConfigError(`${of}: there is no port ${text}`);
}

/** @throws ConfigError for invalid options. */
function parse(args: string[]) {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({ args, options: OPTIONS });
    return {
      help: values.help,
      host: values.host,
      alertRoutes: values['alert-routes'],
      tokenPort: portFrom(values['token-port'], '--token-port'),
      pagesPort: portFrom(values['pages-port'], '--pages-port'),
    };
  });
}

const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return port ? Number(port) : protocol === 'https:' ? 443 : 80;
};

/** @throws ConfigError for a resolver without a port: the default port 53 needs privileges. */
const dnsPortsOf = ({ DNS_RESOLVERS }: DevConfig<'loopbacks'>): number[] =>
  DNS_RESOLVERS.map((resolver) => portFrom(resolver.split(':')[1] ?? 'none', 'DNS_RESOLVERS'));

/** Issues a token to every caller, in place of a login. */
async function startTokenDesk(supabase: LoopbackSupabase, host: string, port: number) {
  const server = createServer(async (request, response) => {
    if (request.url !== '/token') return void response.writeHead(404).end();
    const permissions = [{ p: 'platform.admin', s: '' }];
    response.setHeader('content-type', 'text/plain');
    response.end(await supabase.issueToken({ ...CALLER, permissions }));
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    stop() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function start(options: ReturnType<typeof parse>, releasers: Releasers): Promise<void> {
  const config = loadDevConfig('loopbacks');
  const { host, tokenPort, pagesPort, alertRoutes } = options;
  const names = await startLoopbackNames({
    zone: config.PLATFORM_BASE_DOMAIN,
    target: config.DNS_TARGET,
    token: config.CLOUDFLARE_API_TOKEN,
    host,
    dnsPorts: dnsPortsOf(config),
    cloudflarePort: portOf(config.CLOUDFLARE_API_BASE_URL),
  });
  releasers.push(names.stop);
  const supabase = await startLoopbackSupabase({
    host,
    port: portOf(config.SUPABASE_URL),
    publicUrl: config.SUPABASE_URL,
    serviceRoleKey: config.SUPABASE_SERVICE_ROLE_KEY,
  });
  releasers.push(supabase.stop);
  const pager = await startLoopbackPager({ host, port: pagesPort });
  releasers.push(pager.stop);
  if (alertRoutes) {
    const pagesUrl = `http://${new URL(config.SUPABASE_URL).hostname}:${pagesPort}`;
    await writeFile(alertRoutes, localRouting(await readFile(ALERT_ROUTES, 'utf8'), pagesUrl));
  }
  const desk = await startTokenDesk(supabase, host, tokenPort);
  releasers.push(desk.stop);
}

/** Runs until it is stopped. @throws ConfigError naming the setting or option to change. */
export async function runLoopbacks(args: string[]): Promise<void> {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const stopping = stopRequest();
  const releasers = createReleasers();
  try {
    await start(options, releasers);
    console.log('loopback services listen');
    if (!stopping.aborted) await once(stopping, 'abort');
  } finally {
    await releasers.releaseAll();
  }
}
