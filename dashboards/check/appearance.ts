/** What is wrong with how panels look: colours, axes, places. */
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { colourOverrides, KNOWN_COLOURS } from '../src/colours.ts';
import { fits, isKnownUnit, measureOfQuery } from './units.ts';

const COLUMNS = 24;

interface Target {
  expr?: string;
  legendFormat?: string;
}

const targetsOf = (panel: Panel): Target[] => (panel.targets ?? []) as Target[];

/** Every colour that is named somewhere in the panel. */
const coloursIn = (panel: Panel): string[] =>
  [...JSON.stringify(panel).matchAll(/"(?:color|fixedColor)":"([^"]+)"/g)].map(
    ([, color]) => color!,
  );

/** The series of lines and bars have the colours of their meaning, and no others. */
function colourProblems(panel: Panel): string[] {
  const legends = targetsOf(panel).map(({ legendFormat = '' }) => legendFormat);
  if (panel.type === 'heatmap') return [];
  const wanted = panel.type === 'timeseries' ? colourOverrides(legends) : [];
  const has = (panel.fieldConfig?.overrides ?? []).filter(({ properties }) =>
    properties.some(({ id }) => id === 'color'),
  );
  return [
    ...(JSON.stringify(has) === JSON.stringify(wanted)
      ? []
      : ['its series have other colours than their meaning has']),
    ...coloursIn(panel)
      .filter((color) => !KNOWN_COLOURS.has(color))
      .map((color) => `${color} means nothing: see src/colours.ts`),
  ];
}

/** All queries of a panel measure what its unit says. */
function unitProblems(panel: Panel): string[] {
  const { unit = '' } = panel.fieldConfig?.defaults ?? {};
  if (!unit) return [];
  if (!isKnownUnit(unit)) return [`no measure has the unit ${unit}`];
  return targetsOf(panel).flatMap(({ expr = '' }) => {
    const found = measureOfQuery(expr);
    return found === undefined || fits(found, unit)
      ? []
      : [`its unit is ${unit}, and this measures ${found}: ${expr}`];
  });
}

export const appearanceProblems = (panel: Panel): string[] => [
  ...colourProblems(panel),
  ...unitProblems(panel),
];

/** Panels fill lines of 24 columns, and none lies on another. */
export function layoutProblems(panels: readonly Panel[]): string[] {
  const overlap = (a: Panel, b: Panel): boolean => {
    const [one, other] = [a.gridPos!, b.gridPos!];
    return (
      one.x < other.x + other.w &&
      other.x < one.x + one.w &&
      one.y < other.y + other.h &&
      other.y < one.y + one.h
    );
  };
  return panels.flatMap((panel, index) => [
    ...(panel.gridPos!.x + panel.gridPos!.w > COLUMNS ? [`${panel.title}: it is cut off`] : []),
    ...panels
      .slice(index + 1)
      .filter((other) => overlap(panel, other))
      .map((other) => `${panel.title}: ${other.title} lies on it`),
  ]);
}
