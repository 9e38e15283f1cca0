/** A receiver of pages on loopback: accepts the webhooks of Alertmanager and keeps them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Page {
  /** Name of the Alertmanager receiver. */
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  receivedAt: number;
}

export interface LoopbackPager {
  /** GET returns all pages so far; POST /{receiver} is the webhook for Alertmanager. */
  url: string;
  pages: Page[];
  stop(): Promise<void>;
}

interface Webhook {
  receiver: string;
  alerts: Pick<Page, 'status' | 'labels' | 'annotations'>[];
}

const HOST = '127.0.0.1';

export async function startLoopbackPager({
  host = HOST,
  port = 0,
}: {
  host?: string;
  port?: number;
} = {}): Promise<LoopbackPager> {
  const pages: Page[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const { receiver, alerts } = (await json(request)) as Webhook;
      const receivedAt = Date.now();
      for (const { status, labels, annotations } of alerts) {
        pages.push({ receiver, status, labels, annotations, receivedAt });
      }
      response.end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pages));
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    pages,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
