/**
 * The subset of Cloudflare's API v4 that we use, on loopback: zones and DNS records, with its
 * envelope, error codes and pagination. It writes into the loopback DNS. The official client uses
 * it in the same way as the real API.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import {
  type CloudflareRecord,
  CloudflareRefusal,
  type CloudflareZone,
  createCloudflareZone,
} from './cloudflareZone.ts';
import type { LoopbackDns } from './loopbackDns.ts';

export interface CloudflareFault {
  /** Only requests with this method; by default all methods. */
  method?: string;
  /** The number of requests that it affects; by default 1. */
  times?: number;
  /** Responds with this status and does not do the work. */
  status?: number;
  retryAfterSeconds?: number;
  /** Cloudflare's error code with the status. */
  code?: number;
  /** Only requests about this record name. */
  name?: string;
  /** Only requests for this page of a list. */
  page?: string;
  /** Does the work, then closes the connection without a response. */
  dropAfterWork?: boolean;
  /** Sends half of the body, then closes the connection, sends no more, or ends as if it were all. */
  truncate?: 'close' | 'stall' | 'end';
  /** Never responds; `before` does not do the work, `after` does it. */
  hang?: 'before' | 'after';
}

export interface LoopbackCloudflare {
  /** For CLOUDFLARE_API_BASE_URL. */
  url: string;
  token: string;
  zone: CloudflareZone;
  /** All requests so far, as `METHOD path`, in order. */
  requests: string[];
  latencyMs: number;
  /** Names of further zones, which the list has before ours, with no regard to the filter. */
  foreignZones: string[];
  /** How names and targets are written in answers; by default as they are stored. */
  writes: (name: string) => string;
  /** Names of the records whose requests got no response. */
  hanging: string[];
  fail(fault: CloudflareFault): void;
  clearFaults(): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const DEFAULT_PAGE_SIZE = 100;
const TOO_MANY_REQUESTS = 429;

const failure = (code: number, message: string) => ({
  success: false,
  errors: [{ code, message }],
  messages: [],
  result: null,
});
const success = (result: unknown) => ({ success: true, errors: [], messages: [], result });

/** One page of a list, with the `result_info` that the client uses for paging. */
function pageOf<T>(items: T[], query: Record<string, unknown>) {
  const page = Number(query.page ?? 1);
  const per_page = Number(query.per_page ?? DEFAULT_PAGE_SIZE);
  const result = items.slice((page - 1) * per_page, page * per_page);
  const total_count = items.length;
  const result_info = {
    page,
    per_page,
    count: result.length,
    total_count,
    total_pages: Math.ceil(total_count / per_page),
  };
  return { ...success(result), result_info };
}

/** Applies the filters of the official client: `name`, `name.exact`, `comment.exact`, … */
function matches(record: CloudflareRecord, query: Record<string, unknown>): boolean {
  return (['name', 'type', 'content', 'comment'] as const).every((field) => {
    const wanted = query[field] ?? query[`${field}.exact`];
    return (
      wanted === undefined ||
      String(record[field] ?? '').toLowerCase() === String(wanted).toLowerCase()
    );
  });
}

/** The first half of the body, and then what the fault says. */
function sendHalf(ctx: Koa.Context, then: 'close' | 'stall' | 'end'): void {
  const body = JSON.stringify(ctx.body);
  const half = body.slice(0, body.length / 2);
  ctx.respond = false;
  const length = then === 'end' ? half.length : body.length;
  ctx.res.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
  ctx.res.write(half, () => {
    if (then === 'close') ctx.res.destroy();
    if (then === 'end') ctx.res.end();
  });
}

function routes(zone: CloudflareZone, habits: Pick<LoopbackCloudflare, 'foreignZones' | 'writes'>) {
  const router = new Router();
  const zoneAnswer = { id: zone.id, name: zone.name, status: 'active' };
  const requireZone = (id: string | undefined) => {
    if (id !== zone.id) throw new CloudflareRefusal(404, 7003, 'Could not route to the zone.');
  };
  router.get('/zones', (ctx) => {
    const { name } = ctx.query;
    const foreign = habits.foreignZones.map((other) => ({ ...zoneAnswer, id: other, name: other }));
    const ours = name === undefined || name === zone.name ? [zoneAnswer] : [];
    ctx.body = pageOf([...foreign, ...ours], ctx.query);
  });
  router.get('/zones/:zone', (ctx) => {
    requireZone(ctx.params.zone);
    ctx.body = success(zoneAnswer);
  });
  router.use('/zones/:zone/dns_records', async (ctx, next) => {
    requireZone(ctx.params.zone);
    await next();
  });
  router.get('/zones/:zone/dns_records', (ctx) => {
    ctx.body = pageOf(
      zone
        .list()
        .filter((record) => matches(record, ctx.query))
        .map((record) => ({
          ...record,
          name: habits.writes(record.name),
          content: record.type === 'CNAME' ? habits.writes(record.content) : record.content,
        })),
      ctx.query,
    );
  });
  router.post('/zones/:zone/dns_records', (ctx) => {
    ctx.body = success(zone.create(ctx.request.body as Partial<CloudflareRecord>));
  });
  router.get('/zones/:zone/dns_records/:id', (ctx) => {
    ctx.body = success(zone.get(ctx.params.id!));
  });
  router.patch('/zones/:zone/dns_records/:id', (ctx) => {
    ctx.body = success(zone.update(ctx.params.id!, ctx.request.body as Partial<CloudflareRecord>));
  });
  router.delete('/zones/:zone/dns_records/:id', (ctx) => {
    zone.remove(ctx.params.id!);
    ctx.body = success({ id: ctx.params.id });
  });
  return router;
}

/** The name of the record that a request is about, if the request contains it. */
const nameIn = (ctx: Koa.Context): string | undefined =>
  (ctx.request as { body?: { name?: string } }).body?.name ?? (ctx.query['name.exact'] as string);

/** Takes the next fault that applies to a request. */
function nextFault(
  faults: CloudflareFault[],
  method: string,
  name: string | undefined,
  page: unknown,
): CloudflareFault | undefined {
  const index = faults.findIndex(
    (fault) =>
      (!fault.method || fault.method === method) &&
      (!fault.name || fault.name === name) &&
      (!fault.page || fault.page === page),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  if ((fault.times ?? 1) > 1) faults[index] = { ...fault, times: (fault.times ?? 1) - 1 };
  else faults.splice(index, 1);
  return fault;
}

/** Starts the API with one zone, by default on a free port of loopback. */
export async function startLoopbackCloudflare(options: {
  zoneName: string;
  token: string;
  dns: LoopbackDns;
  host?: string;
  port?: number;
}): Promise<LoopbackCloudflare> {
  const zone = createCloudflareZone(options.zoneName, options.dns);
  const faults: CloudflareFault[] = [];
  const app = new Koa();
  app.silent = true;

  app.use(bodyParser());
  app.use(async (ctx, next) => {
    cloudflare.requests.push(`${ctx.method} ${ctx.path}`);
    await delay(cloudflare.latencyMs);
    const name = nameIn(ctx);
    const fault = nextFault(faults, ctx.method, name, ctx.query.page);
    const hang = () => {
      cloudflare.hanging.push(name ?? '');
      return new Promise<never>(() => {});
    };
    if (fault?.hang === 'before') await hang();
    if (fault?.status) {
      ctx.status = fault.status;
      ctx.body = failure(
        fault.code ?? (fault.status === TOO_MANY_REQUESTS ? 971 : 10_000),
        'injected',
      );
      if (fault.retryAfterSeconds !== undefined)
        ctx.set('retry-after', String(fault.retryAfterSeconds));
      return;
    }
    await next();
    if (fault?.hang === 'after') await hang();
    if (fault?.dropAfterWork) ctx.res.destroy();
    if (fault?.truncate) sendHalf(ctx, fault.truncate);
  });
  app.use(async (ctx, next) => {
    try {
      if (ctx.get('authorization') !== `Bearer ${options.token}`) {
        throw new CloudflareRefusal(403, 9109, 'Invalid access token');
      }
      await next();
    } catch (error) {
      if (!(error instanceof CloudflareRefusal)) throw error;
      ctx.status = error.status;
      ctx.body = failure(error.code, error.message);
    }
  });

  const server = createServer();
  const { host = HOST, port: wanted = 0 } = options;
  await new Promise<void>((resolve) => server.listen(wanted, host, resolve));
  const { port } = server.address() as AddressInfo;
  const cloudflare: LoopbackCloudflare = {
    url: `http://${HOST}:${port}`,
    token: options.token,
    zone,
    requests: [],
    latencyMs: 0,
    foreignZones: [],
    writes: (name) => name,
    hanging: [],
    fail: (fault) => void faults.push(fault),
    clearFaults: () => void faults.splice(0),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  app.use(routes(zone, cloudflare).routes());
  server.on('request', app.callback());
  return cloudflare;
}
