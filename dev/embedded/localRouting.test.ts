import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { localRouting } from './localRouting.ts';

const production = readFileSync('alerts/alertmanager.yml', 'utf8');

test('keeps routes, inhibitions and receiver names, replaces every receiver, and contains no secret', () => {
  const local = localRouting(production, 'http://127.0.0.1:1');
  const [ours, theirs] = [parse(local), parse(production)];
  expect(ours.inhibit_rules).toEqual(theirs.inhibit_rules);
  expect(ours.route.routes.map((route: { matchers: string[] }) => route.matchers)).toEqual(
    theirs.route.routes.map((route: { matchers: string[] }) => route.matchers),
  );
  const names = theirs.receivers.map(({ name }: { name: string }) => name);
  expect(ours.receivers).toEqual(
    names.map((name: string) => ({
      name,
      webhook_configs: [{ url: `http://127.0.0.1:1/${name}`, send_resolved: true }],
    })),
  );
  expect(local).not.toContain('secrets');
});

test('one factor shortens every waiting time', () => {
  const { route } = parse(localRouting(production, 'http://127.0.0.1:1', 60));
  expect(route).toMatchObject({
    group_wait: '500ms',
    group_interval: '5000ms',
    repeat_interval: '240000ms',
  });
});
