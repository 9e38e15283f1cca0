/**
 * Vitest reporter that ends every run with `N passed, N failed`, alone on the last line. Files
 * that do not load, errors outside tests and a failed setup count as failed: the line never
 * says "0 failed" on a run that is red.
 */
import type { Reporter, TestModule, Vitest } from 'vitest/node';

type Outcome = { passed: number; failed: number };

/**
 * Passed and failed tests of a run; a suite or file that failed without a failed test counts as
 * one.
 */
export function countOutcome(
  modules: ReadonlyArray<TestModule>,
  unhandledErrors: number,
  reason: 'passed' | 'failed' | 'interrupted',
): Outcome {
  let passed = 0;
  let failed = unhandledErrors;
  for (const module of modules) {
    const tests = [...module.children.allTests()];
    passed += tests.filter((test) => test.result().state === 'passed').length;
    const failedTests = tests.filter((test) => test.result().state === 'failed').length;
    failed += failedTests === 0 && !module.ok() ? 1 : failedTests;
  }
  return { passed, failed: failed === 0 && reason !== 'passed' ? 1 : failed };
}

export default class ClosingLine implements Reporter {
  #outcome: Outcome | undefined;

  onInit(_vitest: Vitest): void {
    // At exit, because Vitest still reports teardown errors and hanging processes after the run.
    process.once('exit', (code) => {
      const { passed, failed } = this.#outcome ?? { passed: 0, failed: 1 };
      console.log(`${passed} passed, ${failed === 0 && code ? 1 : failed} failed`);
    });
  }

  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<unknown>,
    reason: 'passed' | 'failed' | 'interrupted',
  ): void {
    this.#outcome = countOutcome(modules, unhandledErrors.length, reason);
  }
}
