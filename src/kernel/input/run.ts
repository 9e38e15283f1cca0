/** Parts of workflow inputs that the API adds: origin and times. People do not type them. */
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { duration, requestTime } from './rules.ts';
import { fields, type Leaf, leaf, list, optional, type Shape } from './shape.ts';

const MAX_LABEL = 320;

/** Text that a machine or a token supplied; only what PostgreSQL cannot store is refused. */
export const label = (): Leaf<string> =>
  leaf<string>({ maxLength: MAX_LABEL }, (value) =>
    value.length <= MAX_LABEL && value.isWellFormed() && !value.includes('\u0000')
      ? { value }
      : { problem: `must be well-formed text of at most ${MAX_LABEL} characters` },
  );

export const ORIGIN: Shape<RequestOrigin> = fields<RequestOrigin>({
  requestedAt: requestTime(),
  requestedBy: optional(label()),
  source: optional(label()),
  tags: optional(list<string>(label(), { max: 20 })),
});

/** Every value is a number of milliseconds, or a list of them. */
export const timing = <T>(defaults: T): Shape<Partial<T> | undefined> => {
  const of = Object.entries(defaults as Record<string, unknown>).map(([key, value]) => [
    key,
    optional<number | number[]>(
      Array.isArray(value) ? list<number>(duration(), { min: 1, max: 100 }) : duration(),
    ),
  ]);
  return optional(fields<Partial<T>>(Object.fromEntries(of)));
};
