/** Events as the API returns them: without what readers do not need, or may not read. */
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import type { ReadRules } from '#kernel/eventStore/readRules.ts';

export interface ReadableEvents {
  events: StoredEvent[];
  /** Permissions that the caller would need to read what was left out. */
  withheld: string[];
}

type Data = Record<string, unknown>;

/** The data without the field at the path. */
function without(data: Data, [key = '', ...rest]: readonly string[]): Data {
  if (!Object.hasOwn(data, key)) return data;
  const { [key]: value, ...others } = data;
  if (rest.length === 0) return others;
  return { ...data, [key]: without((value ?? {}) as Data, rest) };
}

/** No reader needs the hash of a token; what the database said of a failed event is for operators. */
function withoutInternals(event: StoredEvent): StoredEvent {
  const { token_hash: _hash, ...eventData } = event.eventData;
  const { processing_error: _error, ...eventMetadata } = event.eventMetadata;
  return { ...event, eventData, eventMetadata };
}

/**
 * That something happened is shown to everybody who sees the organization; its data by the rule of
 * the routes that list the same data.
 * @param may true for a permission that the caller has over the organization.
 */
export function readableEvents(
  events: readonly StoredEvent[],
  { aggregates, fields }: ReadRules,
  may: (permission: string) => boolean,
): ReadableEvents {
  const withheld = new Set<string>();
  const isWithheld = (readBy: string): boolean => {
    if (may(readBy)) return false;
    withheld.add(readBy);
    return true;
  };
  const views = events.map((event) => {
    const view = withoutInternals(event);
    const aggregate = aggregates[event.aggregateType];
    if (aggregate && isWithheld(aggregate.readBy)) return { ...view, eventData: {} };
    const field = fields[event.eventType];
    if (!field || !isWithheld(field.readBy)) return view;
    return { ...view, eventData: without(view.eventData, field.path) };
  });
  return { events: views, withheld: [...withheld].toSorted() };
}
