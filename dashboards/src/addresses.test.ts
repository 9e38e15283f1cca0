import { expect, test } from 'vitest';
import { addressesFrom } from './addresses.ts';

test('in a cluster no link leads to this machine', () => {
  for (const address of Object.values(addressesFrom({}, 'cluster'))) {
    expect(address).toMatch(/^https:\/\//);
  }
});

test('variables replace the defaults', () => {
  const env = { LINK_TEMPORAL: 'https://temporal.example.org/' };
  const addresses = addressesFrom(env, 'cluster');
  expect(addresses.temporal).toBe('https://temporal.example.org');
  expect(addresses.api).toBe(addressesFrom({}, 'cluster').api);
});

test('what is no address is refused', () => {
  const build = () => addressesFrom({ LINK_API: 'api' }, 'development');
  expect(build).toThrow('LINK_API must be a URL, not api');
});
