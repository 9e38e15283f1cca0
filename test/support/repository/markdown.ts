/** What the repository's Markdown pages name: links, images, headings, scripts, paths. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FENCE = /^( *)```.*?^\1```/gms;
const LINK = /!?\[(?:[^\]]|\][^(])*\]\(([^)\s]+)\)/g;
const REPOSITORY_PATH =
  /^(?:src|dev|sql|test|tools|load|alerts|dashboards|k8s|docs|edge|compose)\/[^\s<]*$/;

export interface Page {
  path: string;
  text: string;
}

const NOT_OURS = ['node_modules', '.git', '.cache'];

/** Files of the repository that match a pattern, without what is installed or fetched. */
export const filesOf = (pattern: string): string[] =>
  globSync(pattern, { exclude: (name) => NOT_OURS.includes(path.basename(name)) }).toSorted();

/** Every Markdown file of the repository. */
export const markdownPages = (): Page[] =>
  filesOf('**/*.md').map((file) => ({ path: file, text: readFileSync(file, 'utf8') }));

const withoutCode = (text: string): string => text.replace(FENCE, '').replace(/`[^`\n]*`/g, '``');

/** Targets of links and images as they are written, without those that lead to the web. */
export const relativeLinksOf = ({ text }: Page): string[] =>
  [...withoutCode(text).matchAll(LINK)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors that GitHub gives to a page's headings. */
export const anchorsOf = ({ text }: Pick<Page, 'text'>): string[] =>
  [...text.replace(FENCE, '').matchAll(/^#+ +(.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Names behind `npm run`, in code blocks too. */
export const npmScriptsIn = ({ text }: Page): string[] =>
  [...text.matchAll(/npm run (?:-s )?([a-z][\w-]*(?::[\w-]+)*)/g)].map(([, name]) => name!);

/** Paths from the repository's root that stand in backticks; with `*` where they are patterns. */
export const repositoryPathsIn = ({ text }: Page): string[] =>
  [...text.replace(FENCE, '').matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!)
    .filter((code) => REPOSITORY_PATH.test(code));
