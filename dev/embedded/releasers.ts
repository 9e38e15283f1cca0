/** Resources that must be released, in reverse order of their start. */
type Release = () => Promise<void>;

export interface Releasers {
  push(release: Release): void;
  /**
   * Releases everything once, also when one release fails. @throws the first failure, at the end.
   */
  releaseAll(): Promise<void>;
}

export function createReleasers(): Releasers {
  const releases: Release[] = [];
  async function releaseEach(): Promise<void> {
    const failures: unknown[] = [];
    for (let release = releases.pop(); release; release = releases.pop()) {
      await release().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
  let releasing: Promise<void> | undefined;
  return {
    push: (release) => void releases.push(release),
    releaseAll: () => {
      releasing ??= releaseEach();
      return releasing;
    },
  };
}
