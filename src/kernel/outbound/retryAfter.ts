/** Reads the Retry-After header of HTTP answers. */

const SECOND_MS = 1000;

/** Milliseconds of a Retry-After header in seconds or as an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(
  value: string | null | undefined,
  now = Date.now(),
): number | undefined {
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim())
    ? Number(value) * SECOND_MS
    : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, Math.round(ms));
}
