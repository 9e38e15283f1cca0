/** The files of `alerts/` that are generated from `alerts/src`: rules and their tests. */
import { ruleFiles } from './ruleFiles.ts';
import { ruleTests } from './ruleTests.ts';
import { createTimeScale } from './timeScale.ts';

/** Content of each file, by its path from the repository's folder. */
export const generatedAlerts = (): Map<string, string> =>
  new Map(
    [...ruleFiles(createTimeScale()), ...ruleTests()].map(([name, content]) => [
      `alerts/${name}`,
      content,
    ]),
  );
