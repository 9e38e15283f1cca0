/** Every line of the pages for operators is run, as the role that its block names. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { CACHE } from '#support/paths.ts';
import { NOT_RUN } from '#support/runbooks/notRun.ts';
import { type Language, type PageLine, pageLines } from '#support/runbooks/pageLines.ts';
import { changes, filled, runCommand, toolFolder } from '#support/runbooks/runLine.ts';
import { type Scene, startScene } from '#support/runbooks/scene.ts';

const AT_ONCE = 3;
/** Fifty programs are started; longer than that takes on a busy machine. */
const COMMANDS_LIMIT_MS = 240_000;
/** Behind a query that finds something only in trouble, or of what is switched off here. */
const NONE_IS_GOOD = /# none (while all is well|without a canary)$/;

let scene: Scene;
let bin: string;
beforeAll(async () => {
  const tools = await resolvePrometheusTools({ cacheFolder: CACHE, log: console.log });
  scene = await startScene(tools);
  bin = await toolFolder(scene.monitored.stack.folder, tools, inject('temporalCli'));
});
afterAll(() => scene?.stop());

const isRun = ({ text }: PageLine): boolean =>
  !NOT_RUN.some(({ matches }) => matches.test(text)) && !/\bkubectl\b/.test(text);

/** The lines of a language that are run, each text once. */
const linesIn = (language: Language): PageLine[] => {
  const lines = pageLines().filter((line) => line.language === language && isRun(line));
  const distinct = new Map(lines.map((line) => [`${line.role} ${line.text}`, line]));
  return [...distinct.values()];
};

const command = (line: PageLine) => line.text.replace(/\s+#\s.*$/gm, '');

/** Runs lines, several at once. @returns what failed, as `page:line: text: why`. */
async function failing(
  lines: PageLine[],
  run: (line: PageLine) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<string[]> {
  const failed: string[] = [];
  const left = [...lines];
  async function work(): Promise<void> {
    for (let line = left.shift(); line; line = left.shift()) {
      const { page, at, text } = line;
      await run(line).catch((error: Error) => {
        failed.push(`${page}:${at}: ${text}: ${error.message}`);
      });
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

async function answers(line: PageLine): Promise<void> {
  const series = await scene.monitored.prometheus.instant(line.text);
  if (series.length === 0 && !NONE_IS_GOOD.test(line.text)) throw new Error('no data');
}

test('every query of Prometheus returns data, or says that none is good', async () => {
  const lines = linesIn('promql');
  expect(lines.length).toBeGreaterThan(60);
  await expect.poll(() => failing(lines, answers)).toEqual([]);
});

test(
  'every command works: those that look, then those that change something',
  async () => {
    const lines = linesIn('sh');
    expect(lines.length).toBeGreaterThan(25);
    const run = async (line: PageLine) =>
      runCommand(filled({ ...line, text: command(line) }, scene), scene, bin);
    expect(
      await failing(
        lines.filter((line) => !changes(line)),
        run,
      ),
    ).toEqual([]);
    expect(await failing(lines.filter(changes), run, 1)).toEqual([]);
  },
  COMMANDS_LIMIT_MS,
);

test('every statement runs as the role that it names', async () => {
  const lines = linesIn('sql');
  expect(lines.length).toBeGreaterThan(20);
  const run = async (line: PageLine) =>
    scene.pools[line.role as 'application' | 'owner'].query(filled(line, scene));
  // Those that end a session or rebuild an index come last, one after the other.
  const reads = (line: PageLine) => /^(SELECT(?! pg_terminate)|WITH) ?/.test(line.text);
  expect(await failing(lines.filter(reads), run)).toEqual([]);
  expect(
    await failing(
      lines.filter((line) => !reads(line)),
      run,
      1,
    ),
  ).toEqual([]);
});

test('the tools are those that the project names', async () => {
  const query = 'amtool alert query alertname=Watchdog --alertmanager.url="$ALERTMANAGER_URL"';
  // Prometheus tells Alertmanager of it some time after its start.
  await expect.poll(() => runCommand(query, scene, bin)).toContain('Watchdog');
});
