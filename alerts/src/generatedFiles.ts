/** What of `alerts/` is made from `alerts/src`: the rules and their tests. */
import { ruleFiles } from './ruleFiles.ts';
import { ruleTests } from './ruleTests.ts';
import { createTimeScale } from './timeScale.ts';

/** Content of each file, by its path in the repository. */
export const generatedAlerts = (): Map<string, string> =>
  new Map(
    [...ruleFiles(createTimeScale()), ...ruleTests()].map(([name, content]) => [
      `alerts/${name}`,
      content,
    ]),
  );
