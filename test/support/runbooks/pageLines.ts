/** What the pages for operators tell them to run: the lines of fenced blocks, and commands in the text. */
import { globSync, readFileSync } from 'node:fs';

/** Pages whose blocks are run. */
const PAGES = [
  'docs/runbooks/**/*.md',
  'docs/{operations,supabase,alerts,on-call,disaster-recovery,backup}.md',
];

export type Language = 'sql' | 'promql' | 'sh';

export interface PageLine {
  page: string;
  /** Number of its first line in the page. */
  at: number;
  language: Language;
  /** Behind the language of the block: `sql owner`. */
  role: string | undefined;
  /** A statement, a query or a command; several lines of the page where it goes on. */
  text: string;
}

interface Block {
  page: string;
  at: number;
  info: string[];
  lines: string[];
}

const FENCE = /^ *```(.*)$/;
/** Commands that stand in the text, between backticks; one without options is only named. */
const INLINE =
  /`((?:(?:temporal|amtool|promtool|curl|psql|kubectl) [^`\n]*-\S+ |npm run ops )[^`\n]+)`/g;
/** Statements belong into a block, which says as whom they are run. */
const INLINE_SQL =
  /`((?:SELECT|VACUUM|REINDEX|UPDATE|DELETE FROM|INSERT INTO|ALTER ROLE \w) ?[^`\n]+)`/g;

const LANGUAGES: Record<string, Language> = { sql: 'sql', promql: 'promql', sh: 'sh' };

/** Languages of blocks in which nothing is run. */
const SHOWN = ['mermaid', 'json'];

/** A page's blocks, and its other lines. */
function split(page: string): { blocks: Block[]; prose: { at: number; text: string }[] } {
  const blocks: Block[] = [];
  const prose: { at: number; text: string }[] = [];
  let open: Block | undefined;
  for (const [index, text] of readFileSync(page, 'utf8').split('\n').entries()) {
    const fence = FENCE.exec(text);
    if (fence && open) open = undefined;
    else if (fence) {
      open = { page, at: index + 2, info: fence[1]!.trim().split(/\s+/), lines: [] };
      blocks.push(open);
    } else if (open) open.lines.push(text);
    else prose.push({ at: index + 1, text });
  }
  return { blocks, prose };
}

/** Joins lines while `continues` says so of what is joined so far. */
function joined(block: Block, continues: (text: string) => boolean) {
  const found: { at: number; text: string }[] = [];
  let open = false;
  for (const [index, line] of block.lines.entries()) {
    const text = line.trim();
    if (open) found.at(-1)!.text += `\n${text}`;
    else if (text) found.push({ at: block.at + index, text });
    open = found.length > 0 && (open || text !== '') && continues(found.at(-1)!.text);
  }
  return found;
}

const withoutComments = (text: string, mark: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith(mark))
    .join('\n')
    .trim();

/** By the language: a statement ends with `;`, a command goes on behind `\`, a query is one line. */
const CONTINUES: Record<Language, (text: string) => boolean> = {
  sql: (text) => !/;\s*(--.*)?$/.test(text),
  sh: (text) => text.endsWith('\\'),
  promql: () => false,
};

function linesOf(block: Block): PageLine[] {
  const language = LANGUAGES[block.info[0]!];
  if (!language) return [];
  const mark = language === 'sql' ? '--' : '#';
  return joined(block, CONTINUES[language])
    .map(({ at, text }) => ({ at, text: withoutComments(text, mark) }))
    .filter(({ text }) => text)
    .map((line) => ({ page: block.page, language, role: block.info[1], ...line }));
}

const pages = (): string[] => PAGES.flatMap((pattern) => globSync(pattern)).toSorted();

/** Every line that somebody who follows a page would run. */
export const pageLines = (): PageLine[] =>
  pages().flatMap((page) => {
    const { blocks, prose } = split(page);
    const inline = prose.flatMap(({ at, text }) =>
      [...text.matchAll(INLINE)].map(
        ([, command]): PageLine => ({ page, at, language: 'sh', role: undefined, text: command! }),
      ),
    );
    return [...blocks.flatMap(linesOf), ...inline].sort((a, b) => a.at - b.at);
  });

/** What the convention does not allow, as `page:line: what`. */
export const badlyWritten = (): string[] =>
  pages().flatMap((page) => {
    const { blocks, prose } = split(page);
    const nameless = blocks
      .filter(({ info }) => !SHOWN.includes(info[0]!) && !LANGUAGES[info[0]!])
      .map(({ at, info }) => `${page}:${at}: a block of the language "${info[0]}"`);
    const statements = prose.flatMap(({ at, text }) =>
      [...text.matchAll(INLINE_SQL)].map(
        ([, sql]) => `${page}:${at}: ${sql} belongs into a block that names its role`,
      ),
    );
    return [...nameless, ...statements];
  });
