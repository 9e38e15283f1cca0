/** Whoever gets paged, on loopback: takes Alertmanager's webhooks and keeps them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Page {
  /** Alertmanager's receiver. */
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  receivedAt: number;
}

export interface LoopbackPager {
  /** GET answers with every page so far; POST /{receiver} is Alertmanager's webhook. */
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
