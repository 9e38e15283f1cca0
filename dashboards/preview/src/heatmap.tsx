/** A heatmap like Grafana's, which no package exports: one row per bucket, one column per step. */
import type { DataFrame } from '@grafana/data';

const AXIS_WIDTH = 48;
const AXIS_HEIGHT = 18;
const EDGE = /^[\d.]+$|^\+Inf$/;

const edgeOf = (frame: DataFrame): number => {
  const le = frame.fields[1]?.labels?.le ?? '';
  return EDGE.test(le) && le !== '+Inf' ? Number(le) : Number.POSITIVE_INFINITY;
};
const label = (edge: number): string => (Number.isFinite(edge) ? `${edge} s` : '∞');
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** Prometheus' buckets are cumulative: each row shows its bucket minus the one below. */
function rowsOf(frames: DataFrame[]) {
  const sorted = [...frames].sort((a, b) => edgeOf(a) - edgeOf(b));
  return sorted.map((frame, row) => {
    const values: (number | null)[] = frame.fields[1]?.values ?? [];
    const below: (number | null)[] = sorted[row - 1]?.fields[1]?.values ?? [];
    return {
      edge: edgeOf(frame),
      counts: values.map((value, index) => Math.max(0, (value ?? 0) - (below[index] ?? 0))),
    };
  });
}

export function Heatmap(props: { frames: DataFrame[]; width: number; height: number }) {
  const { frames, width, height } = props;
  const rows = rowsOf(frames);
  const times: number[] = frames[0]?.fields[0]?.values ?? [];
  const most = Math.max(1e-9, ...rows.flatMap(({ counts }) => counts));
  const cellWidth = (width - AXIS_WIDTH) / Math.max(1, times.length);
  const cellHeight = (height - AXIS_HEIGHT) / Math.max(1, rows.length);
  const yOf = (row: number) => (rows.length - 1 - row) * cellHeight;
  return (
    <svg width={width} height={height} role="img" fontSize={10} fill="#9a9ba5">
      <title>heatmap</title>
      {rows.map(({ edge, counts }, row) => (
        <g key={edge}>
          <text x={AXIS_WIDTH - 6} y={yOf(row) + cellHeight / 2 + 3} textAnchor="end">
            {label(edge)}
          </text>
          {counts.map((count, column) =>
            count > 0 ? (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is a point in time
                key={column}
                x={AXIS_WIDTH + column * cellWidth}
                y={yOf(row)}
                width={Math.max(1, cellWidth)}
                height={Math.max(1, cellHeight - 1)}
                fill="#5794f2"
                opacity={0.25 + 0.75 * (count / most)}
              />
            ) : null,
          )}
        </g>
      ))}
      {[0, 0.5, 1].map((share) => (
        <text key={share} x={AXIS_WIDTH + share * (width - AXIS_WIDTH - 50)} y={height - 4}>
          {clock(times[Math.round(share * (times.length - 1))] ?? 0)}
        </text>
      ))}
    </svg>
  );
}
