/** What every command line does: tells the usage with a wrong argument, and ends with a code. */
import { ConfigError } from '#config.ts';

/** @param parse reads the arguments. @throws ConfigError with its message and the usage. */
export function withUsage<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ConfigError(`${wordsOf(error as Error)}\n\n${usage}`);
  }
}

/** Node takes a value that begins with a dash for an option, and explains that in its own terms. */
function wordsOf({ message }: Error): string {
  const [, option] =
    /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument is ambiguous/.exec(message) ?? [];
  return option ? `${option} needs a value, and none that begins with a dash` : message;
}

/** How long a program that has ended its work may still have open connections. */
const LINGER_MS = 2_000;

/**
 * Runs a program. What the operator can change is printed plainly, and anything else with its
 * stack; the exit code is then 1.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  // Output that nobody can take any more (a closed pipe, a full disk) does not end the work.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await main();
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = 1;
  }
  // Something may still hold the process: a connection whose other side does not close it.
  setTimeout(() => process.exit(), LINGER_MS).unref();
  // Without `exit` Node waits for the end of every handle; one whose reset failed has none.
  process.once('beforeExit', () => process.exit());
}
