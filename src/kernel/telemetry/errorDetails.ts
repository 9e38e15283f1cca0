/** The details of an error for a log line. */

const FRAMES = 5;

/**
 * Name, code and place of the error. Never its message, which may contain values, addresses or
 * secrets in several lines. The stack begins with the message, so it is not logged either.
 */
export function errorDetails(error: unknown): { error: string; code?: string; at: string } {
  const thrown = (error ?? {}) as Record<'name' | 'message' | 'code' | 'stack', unknown>;
  const { name, message, code, stack } = thrown;
  const frames = String(stack ?? '')
    .replace(String(message), '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, FRAMES);
  return {
    error: nameOf(name),
    ...(typeof code === 'string' && /^\w{1,60}$/.test(code) && { code }),
    at: frames.join('\n'),
  };
}

/** The name of an error's class. A name that is not a single word may be arbitrary text. */
const nameOf = (name: unknown): string =>
  typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'Error';
