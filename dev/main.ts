/** The entry point for development: `node dev/main.ts <role>`. Not in the production image. */
import { runRole } from '#roles/runRole.ts';

const USAGE = `usage: node dev/main.ts <role> [options]

  dev        embedded stack, API and worker, until Ctrl-C (npm run dev)
  demo       the same, bootstraps a sample organization and ends (npm run demo)
  loopbacks  the outer services, on loopback, for compose.yaml

Settings are environment variables; docs/settings.md lists them. <role> --help tells its options.
`;

await runRole(
  USAGE,
  {
    dev: async (args) => (await import('./embedded/dev.ts')).runDev(args),
    demo: async (args) => (await import('./demo/demo.ts')).runDemo(args),
    loopbacks: async (args) => (await import('./loopback/loopbacks.ts')).runLoopbacks(args),
  },
  process.argv.slice(2),
);
