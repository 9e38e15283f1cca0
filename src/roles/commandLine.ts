/** What every command line does: tells the usage with a wrong argument, and ends with a code. */
import { ConfigError } from '#config.ts';

/** @param parse reads the arguments. @throws ConfigError with its message and the usage. */
export function withUsage<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${usage}`);
  }
}

/**
 * Runs a program. What the operator can change is printed plainly, and anything else with its
 * stack; the exit code is then 1.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = 1;
  }
}
