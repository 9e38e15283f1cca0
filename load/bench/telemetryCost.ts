/** The cost of telemetry: throughput with all of it, and with none. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bootstrapRate, startStage } from '../stage/stage.ts';
import { median, spreadOf } from '../stage/statistics.ts';
import { type Figure, perSecond } from './figure.ts';

const PAIRS = 6;
const RUNS = 150;
const LIMIT = 0.95;

const OFF = { METRICS_ENABLED: 'false', OTEL_SDK_DISABLED: 'true', LOG_LEVEL: 'silent' };

/** A collector that accepts everything. */
async function startCollector(): Promise<{ url: string; posts: () => number; stop: () => void }> {
  let posts = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      posts++;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, posts: () => posts, stop };
}

const settingsWith = (collector: string) => ({
  LOG_LEVEL: 'info',
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.1',
});

export const telemetryCost: Figure = {
  id: 'telemetry',
  title: 'Full telemetry beside none',
  async measure({ log, quick }) {
    const stage = await startStage(log);
    const collector = await startCollector();
    const runs = quick ? 20 : RUNS;
    const full: number[] = [];
    const none: number[] = [];
    const measure = {
      full: async () => full.push(await bootstrapRate(stage, runs, settingsWith(collector.url))),
      none: async () => none.push(await bootstrapRate(stage, runs, OFF)),
    };
    try {
      await stage.startApi();
      for (let pair = 1; pair <= (quick ? 1 : PAIRS); pair++) {
        log(`pair ${pair}, ${runs} runs each`);
        // The order alternates, so that a drift of the machine affects both equally.
        const order = pair % 2 ? (['full', 'none'] as const) : (['none', 'full'] as const);
        for (const which of order) await measure[which]();
      }
      // With few runs, possibly none is in the tenth that is exported.
      if (collector.posts() === 0 && !quick) throw new Error('no span reached the collector');
    } finally {
      await stage.stop();
      collector.stop();
    }
    const ratio = spreadOf(full.map((value, pair) => value / none[pair]!));
    return [
      {
        figure: 'bootstraps/s with metrics, traces at 10 %, logs at info',
        measured: perSecond(median(full)),
        limit: `without: ${perSecond(median(none))}`,
        ratio,
        target: `>= ${LIMIT}x`,
        reached: ratio.median >= LIMIT,
        details: { full, none },
      },
    ];
  },
};
