/** Runs checks in order, where each depends on those before it, and reports their results. */

export interface CheckList {
  /** Runs one check and prints its result. @throws the check's error, which ends the list. */
  check<T>(name: string, work: () => Promise<T>): Promise<T>;
  hasPassed(name: string): boolean;
  /** Prints how many checks passed and failed, or all results as JSON. */
  report(): void;
}

/** @param json print nothing before the report. */
export function createCheckList(json: boolean): CheckList {
  const checks: { name: string; passed: boolean; reason?: string }[] = [];
  return {
    async check(name, work) {
      try {
        const result = await work();
        checks.push({ name, passed: true });
        if (!json) console.log(`passed  ${name}`);
        return result;
      } catch (error) {
        const reason = (error as Error).message;
        checks.push({ name, passed: false, reason });
        if (!json) console.log(`failed  ${name}: ${reason}`);
        throw error;
      }
    },
    hasPassed: (name) => checks.some((one) => one.passed && one.name === name),
    report() {
      const passed = checks.filter((one) => one.passed).length;
      if (json) console.log(JSON.stringify({ checks }));
      else if (checks.length > 0) {
        console.log(`${passed} passed, ${checks.length - passed} failed`);
      }
    },
  };
}
