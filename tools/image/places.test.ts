import { expect, test } from 'vitest';
import { createPlaces } from './places.ts';

const compose = {
  services: {
    api: {
      command: ['api', '--port=3000'],
      environment: {
        DATABASE_URL: 'postgres://postgres:local-only@postgres:5432/a4c',
        RESOLVERS: '172.30.57.10:5301,172.30.57.10:5302',
        MAIL: 'postgres',
        WAIT: '300',
        TTL: '604800',
      },
    },
    postgres: { networks: { default: { ipv4_address: '172.30.57.10' } } },
  },
};

test('names become loopback and ports free ones, and nothing else is changed', async () => {
  const places = await createPlaces(compose);
  const port = (number: number) => places.port(number);
  expect(new Set([3000, 5432, 5301, 5302].map(port)).size).toBe(4);
  expect(compose.services.api.command.map(places.localised)).toEqual([
    'api',
    `--port=${port(3000)}`,
  ]);
  expect(places.environmentOf(compose.services.api)).toEqual({
    DATABASE_URL: `postgres://postgres:local-only@127.0.0.1:${port(5432)}/a4c`,
    RESOLVERS: `127.0.0.1:${port(5301)},127.0.0.1:${port(5302)}`,
    MAIL: '127.0.0.1',
    WAIT: '300',
    TTL: '604800',
  });
});
