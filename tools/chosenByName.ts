/** Selects entries of a list by the names given to a command. */

interface Named {
  name: string;
  /** Left out unless it is named. */
  onlyByName?: boolean;
}

/**
 * Returns the named entries in the order of the list; without names, all except those `onlyByName`.
 * @param kind what an entry is called, for the error message.
 * @throws Error that lists the unknown names and all known ones.
 */
export function chosenByName<T extends Named>(
  kind: string,
  all: readonly T[],
  names: readonly string[],
): T[] {
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    throw new Error(`there is no ${kind} ${unknown.join(', ')}; there are ${known}`);
  }
  if (names.length === 0) return all.filter(({ onlyByName }) => !onlyByName);
  return all.filter(({ name }) => names.includes(name));
}
