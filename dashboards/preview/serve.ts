/** `npm run serve -- --prometheus http://127.0.0.1:9090`: the preview over a running Prometheus. */
import { parseArgs } from 'node:util';
import { DASHBOARD_NAMES, startPreviewServer } from './previewServer.ts';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    /** Scrape interval in seconds. */
    scrape: { type: 'string', default: '15' },
    port: { type: 'string', default: '0' },
  },
});
const { url } = await startPreviewServer(values.prometheus, Number(values.port));
for (const name of DASHBOARD_NAMES) {
  console.log(`${url}/?dashboard=${name}&seconds=900&scrape=${values.scrape}`);
}
