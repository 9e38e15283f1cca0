import { expect, test } from 'vitest';
import { type DevelopmentStack, developmentStack } from './stacks.ts';

const stack = (folder: string, changes: Partial<DevelopmentStack> = {}): DevelopmentStack => ({
  folder,
  url: 'http://127.0.0.1:1',
  token: 'secret',
  environment: 'development',
  addresses: [],
  ...changes,
});
const among =
  (...all: DevelopmentStack[]) =>
  async () =>
    all;

test('the one that runs is taken, or the one that is named', async () => {
  const [one, other] = [stack('/cache/stack-aa'), stack('/cache/stack-bb')];
  expect(await developmentStack(undefined, among(one))).toBe(one);
  expect(await developmentStack('bb', among(one, other))).toBe(other);
});

test.each([
  ['none runs', undefined, [], 'npm run dev'],
  ['none has the name', 'cc', [stack('/cache/stack-aa')], 'npm run dev'],
  ['several run', undefined, [stack('/cache/stack-aa'), stack('/cache/stack-bb')], '--stack'],
  [
    'it says that it is production',
    undefined,
    [stack('/cache/stack-aa', { environment: 'production' })],
    'DEPLOYMENT_ENVIRONMENT=production',
  ],
  [
    'it is on another machine',
    undefined,
    [stack('/cache/stack-aa', { url: 'http://10.0.0.7:1' })],
    'is not a development stack',
  ],
])('is refused when %s', async (_why, wanted, all, message) => {
  await expect(developmentStack(wanted, among(...all))).rejects.toThrow(message);
});
