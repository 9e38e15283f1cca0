/** The queueing theory for the model. All times in seconds, all rates per second. */

/** Little's law. @returns average number inside: arrival rate times time inside. */
export const insideOnAverage = (perSecond: number, seconds: number): number => perSecond * seconds;

/**
 * Erlang C: the share of randomly arriving tasks that find every server busy.
 * @param offered average number of busy servers, if there were enough.
 * @returns 1 when the servers are overloaded.
 */
export function shareThatWaits(servers: number, offered: number): number {
  if (offered <= 0) return 0;
  if (offered >= servers) return 1;
  // Erlang B by its recursion: the formula's factorials overflow from 171 servers on.
  let blocked = 1;
  for (let count = 1; count <= servers; count++) {
    blocked = (offered * blocked) / (count + offered * blocked);
  }
  return blocked / (1 - (offered / servers) * (1 - blocked));
}

/** The minimum number of servers with at most this share of waiting arrivals. */
export function serversFor(offered: number, shareThatMayWait: number): number {
  let servers = Math.max(1, Math.ceil(offered));
  while (shareThatWaits(servers, offered) > shareThatMayWait) servers++;
  return servers;
}

/** Linear interpolation at `x`; beyond the points, the value of the first or last one. */
export function interpolated(
  points: readonly (readonly [x: number, y: number])[],
  x: number,
): number {
  const sorted = [...points].sort(([a], [b]) => a - b);
  const above = sorted.findIndex(([at]) => at >= x);
  if (above <= 0) return (above < 0 ? sorted.at(-1) : sorted[0])![1];
  const [x0, y0] = sorted[above - 1]!;
  const [x1, y1] = sorted[above]!;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** Slope of the least-squares line. @param points at least two. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const shared = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return shared / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
