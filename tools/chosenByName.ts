/** Which of the things in a list a command is to do. */

interface Named {
  name: string;
  /** Left out unless it is named. */
  onlyByName?: boolean;
}

/**
 * Those that are named, in the order of the list; without names all but those `onlyByName`.
 * @param kind what one of them is called, for the error.
 * @throws Error that names the unknown, and all that there are.
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
