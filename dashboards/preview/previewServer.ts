/** Serves the built preview and the dashboards, and forwards queries to Prometheus; on loopback. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

export interface PreviewServer {
  url: string;
  stop(): Promise<void>;
}

const DIST = path.join(import.meta.dirname, 'dist');
const DASHBOARDS = path.resolve(import.meta.dirname, '..');
const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** The dashboards, by the names of their files. */
export const DASHBOARD_NAMES = [
  'overview',
  'workflows',
  'temporal-worker',
  'api',
  'event-store',
  'processes',
];

/** Resolves a request path to a file inside the folder. */
function fileOf(pathname: string): string {
  if (pathname.startsWith('/dashboards/')) return path.join(DASHBOARDS, path.basename(pathname));
  return path.join(DIST, pathname === '/' ? 'index.html' : path.normalize(pathname));
}

async function answer(prometheusUrl: string, request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://preview');
  if (pathname.startsWith('/prometheus/')) {
    const found = await fetch(prometheusUrl + pathname.slice('/prometheus'.length) + search);
    response.writeHead(found.status, { 'content-type': 'application/json' });
    response.end(await found.text());
    return;
  }
  const file = fileOf(pathname);
  const content = await readFile(file);
  response.setHeader(
    'content-type',
    CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream',
  );
  response.end(content);
}

/** @param port 0 chooses a free port. */
export async function startPreviewServer(prometheusUrl: string, port = 0): Promise<PreviewServer> {
  const server = createServer((request, response) => {
    answer(prometheusUrl, request, response).catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
