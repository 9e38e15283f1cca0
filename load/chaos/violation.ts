/** What the checker may find. */
export type ViolationKind =
  | 'lost'
  | 'duplicated'
  | 'orphaned'
  | 'dead'
  | 'stuck'
  | 'wrong'
  /** A process ended although nobody had killed it. */
  | 'died'
  /** The trial itself could not be played to its end. */
  | 'broken';

export interface Violation {
  kind: ViolationKind;
  what: string;
}

/** How often each key occurs. */
export const counted = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};
