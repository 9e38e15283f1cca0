import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,dev,test,tools,alerts,dashboards,k8s,load}/**/*.test.ts'],
    // A test to copy: its family is not there.
    exclude: [...configDefaults.exclude, 'tools/family/template/**'],
    globalSetup: ['./test/support/servers/globalSetup.ts'],
    reporters: ['default', './tools/closingLine.ts'],
    // The Temporal SDK's native core wants a process of its own.
    pool: 'forks',
    maxWorkers: 2,
    // Real servers on busy machines: a limit here means "hangs", never "is slow".
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 50 } },
  },
});
