/** Finds the development stack of a game day, and nothing else. */
import { ConfigError } from '#config.ts';
import { type ControlFile, runningStacks } from '#dev/embedded/controlPort.ts';

export type DevelopmentStack = ControlFile & { folder: string };

const DEVELOPMENT = 'development';
const LOOPBACK = '127.0.0.1';

const isOurs = ({ url, environment }: ControlFile): boolean =>
  environment === DEVELOPMENT && new URL(url).hostname === LOOPBACK;

/**
 * @param wanted part of its folder's name, where several run.
 * @throws ConfigError when there is none, when it is not clear which, or when it is not for development.
 */
export async function developmentStack(
  wanted = '',
  stacks: () => Promise<DevelopmentStack[]> = runningStacks,
): Promise<DevelopmentStack> {
  const all = (await stacks()).filter(({ folder }) => folder.includes(wanted));
  const [stack, ...more] = all;
  if (!stack) {
    const which = wanted && ` in a folder with ${wanted}`;
    throw new ConfigError(`no development stack runs${which}: start one with npm run dev`);
  }
  if (more.length > 0) {
    const folders = all.map(({ folder }) => folder).join('\n  ');
    throw new ConfigError(`several stacks run; --stack chooses one:\n  ${folders}`);
  }
  if (!isOurs(stack)) {
    throw new ConfigError(
      `${stack.folder} is not a development stack (DEPLOYMENT_ENVIRONMENT=${stack.environment}, ${stack.url}): it is not broken`,
    );
  }
  return stack;
}
