/** A row of checks, each building on the ones before it, and what came of them. */

export interface CheckList {
  /** Runs one check and tells its outcome. @throws what the work throws: the row ends there. */
  check<T>(name: string, work: () => Promise<T>): Promise<T>;
  hasPassed(name: string): boolean;
  /** Tells how many have passed and failed, or everything as JSON. */
  report(): void;
}

/** @param json tell nothing before the report. */
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
