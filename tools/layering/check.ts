/**
 * `npm run check -- layering`: checks imports. Exits 1 with each forbidden import and the reason.
 */
import { checkLayering } from './layering.ts';
import type { Problem } from './problem.ts';

const { problems, files, imports, families } = await checkLayering(process.cwd());

for (const [rule, found] of Map.groupBy(problems, (problem: Problem) => problem.rule)) {
  console.error(`${rule}: ${found[0]?.reason}`);
  for (const { where } of found) console.error(`  ${where}`);
}
console.log(
  `layering: ${files} files, ${imports} imports, ${families} families, ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
