/** `npm run capacity -- --per-hour <n>`: number and size of workers, from measurements. */
import path from 'node:path';
import { runStoppable } from '../runner/stoppable.ts';
import { argumentsFrom, type CapacityArguments, USAGE } from './arguments.ts';
import { measureProfile } from './measure/measure.ts';
import type { Log } from './measure/setup.ts';
import { validate } from './measure/validate.ts';
import { provision, refuseImpossible } from './model/model.ts';
import {
  PROFILE_FILE,
  type Profile,
  readProfile,
  savedProfile,
  saveProfile,
} from './model/profile.ts';
import { judge, judgeTable } from './model/seedTable.ts';
import type { CapacityResult } from './report/capacityResult.ts';
import { textReport } from './report/report.ts';

const MINUTE_MS = 60_000;

const ageOf = ({ measuredAt }: Profile): string => {
  const minutes = Math.round((Date.now() - new Date(measuredAt).getTime()) / MINUTE_MS);
  return minutes < 120 ? `${minutes} min old` : `${Math.round(minutes / 60)} h old`;
};

interface ChosenProfile {
  profile: Profile;
  profileNote: string;
}

async function measured(log: Log, stopping: AbortSignal): Promise<ChosenProfile> {
  if (process.platform !== 'linux') {
    throw new Error(
      'measuring needs Linux: give a profile that was measured there, with --profile',
    );
  }
  const profile = await measureProfile(log, stopping);
  await saveProfile(profile);
  const file = path.relative(process.cwd(), PROFILE_FILE);
  return { profile, profileNote: `measured just now, kept in ${file}` };
}

async function profileFor(
  { profile: file, measure }: CapacityArguments,
  log: Log,
  stopping: AbortSignal,
): Promise<ChosenProfile> {
  if (file) {
    const profile = await readProfile(file);
    return { profile, profileNote: `${file}, ${ageOf(profile)}` };
  }
  const saved = measure ? undefined : await savedProfile();
  if (!saved) return measured(log, stopping);
  const profileNote = `that of ${saved.measuredAt}, ${ageOf(saved)}; nothing has changed since (--measure to do it anew)`;
  log(`using the profile: ${profileNote}`);
  return { profile: saved, profileNote };
}

async function run(args: CapacityArguments, stopping: AbortSignal): Promise<CapacityResult> {
  const log: Log = (line) => (args.json ? console.error : console.log)(line);
  const { target } = args;
  refuseImpossible(target);
  const { profile, profileNote } = await profileFor(args, log, stopping);
  const result = {
    target,
    provision: provision(profile, target),
    profile,
    profileNote,
    seedAtTarget: judge(profile, target),
    seedTable: judgeTable(profile, target),
  };
  const validations = args.validate ? await validate(profile, log, stopping) : undefined;
  return { ...result, validations };
}

async function main(stopping: AbortSignal): Promise<boolean> {
  const args = argumentsFrom(process.argv.slice(2));
  if (!args) console.log(USAGE);
  else {
    const result = await run(args, stopping);
    console.log(args.json ? JSON.stringify(result, null, 2) : `\n${textReport(result)}`);
  }
  return true;
}

await runStoppable(main);
