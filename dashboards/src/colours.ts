/**
 * What a colour means, on every panel: one table. A series whose name ends with one of the words has
 * that colour; all others have the colours of Grafana's palette, which mean nothing.
 */

interface Meaning {
  color: string;
  /** Last words of legends, as regular expressions. */
  words: readonly string[];
}

const MEANINGS: readonly Meaning[] = [
  {
    color: 'green',
    words: ['completed', 'sent', 'found', 'projected', 'told', 'ok', 'hits', 'current', '2\\d\\d'],
  },
  { color: 'red', words: ['failed', 'cleanup_failed', 'error', 'mismatch', '5\\d\\d'] },
  // Ended from outside: nothing was undone.
  { color: 'dark-red', words: ['terminated', 'timed_out'] },
  // Nobody answered, or nobody knows.
  { color: 'dark-orange', words: ['silent', 'unknown', 'keys_unavailable'] },
  { color: 'orange', words: ['refused', 'blocked', 'invalid', '4\\d\\d'] },
  { color: 'yellow', words: ['limited', 'waiting', 'not_found', 'draining'] },
  // Undone, or no longer there.
  { color: 'purple', words: ['cancelled', 'compensated', 'gone'] },
  { color: 'blue', words: ['started', 'ramping', 'active'] },
  {
    color: 'text',
    words: ['none', 'known', 'ended', 'limit', 'missing', 'drained', 'inactive', '3\\d\\d'],
  },
];

/** Colours of thresholds, answers and annotations. */
export const COLOURS = {
  good: 'green',
  warning: 'yellow',
  failed: 'red',
  begun: 'blue',
  neutral: 'text',
} as const;

/** The labels whose values are words of the table. */
const MEANINGFUL_LABELS = ['outcome', 'result', 'status', 'state', 'reason'] as const;

const patternOf = ({ words }: Meaning): string => `(^| )(${words.join('|')})$`;

/** @returns the colour of a series of that name; undefined when its name means nothing. */
export const colourOf = (name: string): string | undefined =>
  MEANINGS.find((meaning) => new RegExp(patternOf(meaning)).test(name))?.color;

/** Colours that a panel may name. */
export const KNOWN_COLOURS: ReadonlySet<string> = new Set([
  ...MEANINGS.map(({ color }) => color),
  ...Object.values(COLOURS),
]);

export interface ColourOverride {
  matcher: { id: 'byRegexp'; options: string };
  properties: { id: 'color'; value: { mode: 'fixed' | 'shades'; fixedColor: string } }[];
}

const PLACEHOLDER = /\{\{(\w+)\}\}/g;

/** The label whose value ends the legend, when its values have a meaning. */
const endsWithMeaning = (legend: string): boolean =>
  MEANINGFUL_LABELS.some((label) => legend.endsWith(`{{${label}}}`));

/**
 * Grafana's overrides that give the series of these legends their colours. Where other labels stand
 * before the word, several series have the same meaning: they get shades of its colour.
 */
export function colourOverrides(legends: readonly string[]): ColourOverride[] {
  const all = legends.some(endsWithMeaning);
  const used = new Set(legends.map(colourOf));
  const several = legends.some((legend) => {
    const labels = legend.match(PLACEHOLDER) ?? [];
    return labels.length > (endsWithMeaning(legend) ? 1 : 0);
  });
  return MEANINGS.filter(({ color }) => all || used.has(color)).map((meaning) => ({
    matcher: { id: 'byRegexp', options: `/${patternOf(meaning)}/` },
    properties: [
      {
        id: 'color',
        value: { mode: several ? 'shades' : 'fixed', fixedColor: meaning.color },
      },
    ],
  }));
}
