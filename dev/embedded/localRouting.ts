/** The routes of `alerts/alertmanager.yml` for local use: all receivers are one local webhook. */
import { parse, stringify } from 'yaml';

interface Route {
  routes?: Route[];
  [setting: string]: unknown;
}

interface AlertmanagerConfig {
  route: Route;
  inhibit_rules: object[];
  receivers: { name: string }[];
}

const WAITS = ['group_wait', 'group_interval', 'repeat_interval'];
const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 };

function shortened(wait: string, factor: number): string {
  const seconds = Number.parseFloat(wait) * (UNIT_SECONDS[wait.at(-1)!] ?? 1);
  return `${Math.ceil((seconds * 1000) / factor)}ms`;
}

function localRoute(route: Route, factor: number): Route {
  const waits = WAITS.filter((name) => name in route).map((name) => [
    name,
    shortened(String(route[name]), factor),
  ]);
  const routes = route.routes?.map((child) => localRoute(child, factor));
  return { ...route, ...Object.fromEntries(waits), ...(routes && { routes }) };
}

/**
 * @param webhookUrl gets the notifications of every receiver.
 * @param factor divides the waiting times.
 */
export function localRouting(production: string, webhookUrl: string, factor = 1): string {
  const { route, inhibit_rules, receivers } = parse(production) as AlertmanagerConfig;
  return stringify({
    route: localRoute(route, factor),
    inhibit_rules,
    receivers: receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url: `${webhookUrl}/${name}`, send_resolved: true }],
    })),
  });
}
