/** What a log line tells of an error. */

const FRAMES = 5;

/**
 * Name, code and where it was thrown. Never the message: it may quote a value, an address or a
 * secret, in several lines, and a stack begins with it.
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

/** The name of an error's class; a name that is no word is somebody's text. */
const nameOf = (name: unknown): string =>
  typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'Error';
