/** Lines of the pages that no test can run, each with the reason. */

interface NotRun {
  /** Every line that it matches. */
  matches: RegExp;
  reason: string;
}

export const NOT_RUN: readonly NotRun[] = [
  { matches: /^dig /, reason: 'asks resolvers of the internet for a customer’s name' },
  { matches: /^git worktree /, reason: 'checks out another release' },
  {
    matches: /^OLD=\S+ NEW=\S+$/,
    reason: 'names two releases; the test sets both to the one that runs',
  },
  { matches: /^ops\(\) \{/, reason: 'kubectl within; the test’s `ops` is `npm run ops`' },
  {
    matches: /^npm run (api|worker)\b/,
    reason: 'a server that does not end; the stack is made of them',
  },
  {
    matches: /^npm run test:integration /,
    reason: 'has a test of its own, test/tools/testIntegration.test.ts',
  },
  { matches: /\bnpm run generate\b/, reason: 'writes into the repository' },
  { matches: /ops -- bounced /, reason: 'needs a mail that came back; test/invitation has one' },
  { matches: /^npm run gameday\b/, reason: 'breaks a development stack until somebody ends it' },
  { matches: /main\.ts bundle /, reason: 'the build of the image runs it' },
];
