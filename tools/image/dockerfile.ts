/** The steps of a Dockerfile, as far as ours uses its language. */
import {
  DockerfileParser,
  type Instruction,
  type JSONInstruction,
  type ModifiableInstruction,
} from 'dockerfile-ast';

interface Pair {
  name: string;
  /** Undefined for an ARG without a default. */
  value: string | undefined;
}

type Range = ReturnType<Instruction['getRange']>;
type Position = Range['start'];

export type Step = { text: string } & (
  | { kind: 'copy'; from: string | undefined; sources: string[]; target: string }
  | { kind: 'run'; command: string; caches: string[] }
  | { kind: 'workdir'; folder: string }
  | { kind: 'variables'; pairs: Pair[]; isArg: boolean }
  | { kind: 'labels'; pairs: Pair[] }
  | { kind: 'user'; user: string }
  | { kind: 'command'; argv: string[] }
  | { kind: 'expose'; ports: string[] }
);

export interface Stage {
  name: string;
  /** With variables, as it is written. */
  base: string;
  steps: Step[];
}

export interface DockerfileSteps {
  /** Arguments before the first stage, with their defaults. */
  args: Map<string, string>;
  stages: Stage[];
}

const CONTINUED = /\\\n\s*/g;
const PAIR = /([\w.]+)=(?:"([^"]*)"|(\S+))/g;

const valuesOf = (instruction: Instruction): string[] =>
  instruction.getArguments().map((argument) => argument.getValue());

/** The source from one place to the end of an instruction, on one line. */
function onOneLine(source: string, start: Position, { end }: Range): string {
  const lines = source.split('\n').slice(start.line, end.line + 1);
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.character);
  lines[0] = lines[0]!.slice(start.character);
  return lines.join('\n').replace(CONTINUED, ' ');
}

/** What follows the keyword and its flags. */
const contentOf = (source: string, instruction: Instruction): string =>
  onOneLine(source, instruction.getArgumentsRanges()[0]!.start, instruction.getRange());

/** Folders that `--mount=type=cache` keeps between builds. */
function cachesOf(instruction: ModifiableInstruction): string[] {
  return instruction.getFlags().map((flag) => {
    const option = (name: string) => flag.getOption(name)?.getValue();
    if (flag.getName() !== 'mount' || option('type') !== 'cache' || !option('target')) {
      throw new Error(`RUN has a flag that is not known here: ${flag}`);
    }
    return option('target')!;
  });
}

function copyOf(instruction: ModifiableInstruction) {
  const flags = instruction.getFlags();
  if (flags.some((flag) => flag.getName() !== 'from')) {
    throw new Error(`COPY has a flag that is not known here: ${instruction}`);
  }
  const paths = valuesOf(instruction);
  const from = flags[0]?.getValue() ?? undefined;
  return { kind: 'copy', from, sources: paths.slice(0, -1), target: paths.at(-1)! } as const;
}

/** `NAME=value …`, or one NAME alone. */
const pairsOf = (content: string): Pair[] =>
  content.includes('=')
    ? [...content.matchAll(PAIR)].map(([, name, quoted, bare]) => ({
        name: name!,
        value: quoted ?? bare,
      }))
    : [{ name: content, value: undefined }];

const jsonOf = (instruction: JSONInstruction): string[] => {
  const strings = instruction.getJSONStrings().map((one) => one.getJSONValue());
  if (strings.length === 0) throw new Error(`${instruction.getKeyword()} is to be a JSON list`);
  return strings;
};

/** @throws Error for what our Dockerfile does not use: it would be left out in silence. */
function stepOf(source: string, instruction: Instruction): Step {
  const content = contentOf(source, instruction);
  const keyword = instruction.getKeyword();
  const modifiable = instruction as ModifiableInstruction;
  const range = instruction.getRange();
  const text = onOneLine(source, range.start, range);
  switch (keyword) {
    case 'COPY':
      return { text, ...copyOf(modifiable) };
    case 'RUN':
      return { text, kind: 'run', command: content, caches: cachesOf(modifiable) };
    case 'WORKDIR':
      return { text, kind: 'workdir', folder: content };
    case 'ENV':
    case 'ARG':
      return { text, kind: 'variables', pairs: pairsOf(content), isArg: keyword === 'ARG' };
    case 'LABEL':
      return { text, kind: 'labels', pairs: pairsOf(content) };
    case 'USER':
      return { text, kind: 'user', user: content };
    case 'CMD':
      return { text, kind: 'command', argv: jsonOf(instruction as JSONInstruction) };
    case 'EXPOSE':
      return { text, kind: 'expose', ports: valuesOf(instruction) };
    default:
      throw new Error(`${keyword} is not known here`);
  }
}

/** @throws Error naming the instruction that is not known here. */
export function readDockerfile(source: string): DockerfileSteps {
  const dockerfile = DockerfileParser.parse(source);
  const args = new Map<string, string>();
  const stages: Stage[] = [];
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const [base = '', , name = String(stages.length)] = valuesOf(instruction);
      stages.push({ name, base, steps: [] });
    } else if (stages.length === 0) {
      for (const { name, value } of pairsOf(contentOf(source, instruction))) {
        args.set(name, value ?? '');
      }
    } else stages.at(-1)!.steps.push(stepOf(source, instruction));
  }
  return { args, stages };
}

/** Puts variables in; one that is not set is empty, as in Docker. */
export const expanded = (text: string, variables: Map<string, string>): string =>
  text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => variables.get(name) ?? '');
