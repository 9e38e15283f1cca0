/** What was measured of the platform, on which the model calculates; and where it is kept. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '#config.ts';

const amount = z.number().min(0);
const more = z.number().positive();

/** CPU seconds, by who has used them. `tool` is the measuring process, which plays the providers. */
const cpu = z.object({
  worker: amount,
  api: amount,
  database: amount,
  temporal: amount,
  tool: amount,
});
const connections = z.object({
  /** As many were open at the same time. */
  open: amount,
  /** So many were in use on average. */
  busy: amount,
});
const scheduleToStart = z.object({
  meanSeconds: amount,
  /** The upper bound of the histogram's bucket that holds it. */
  p95UpToSeconds: amount,
});
const schema = z.object({
  measuredAt: z.iso.datetime(),
  /** Of the sources that were measured. */
  fingerprint: z.string(),
  machine: z.object({
    processor: z.string(),
    cores: more,
    /** Cores that were taken by others, or by the hypervisor, while the backlog was drained. */
    takenCores: amount,
  }),
  /** One bootstrap with a subdomain and one user, whose DNS is found at the first look. */
  bootstrap: z.object({
    activities: more,
    /** Time inside its activities, all of them together, with providers on loopback. */
    activitySeconds: more,
    stateTransitions: more,
    historyEvents: more,
    cloudflareRequests: more,
    databaseBytes: amount,
  }),
  /** One worker process that always finds work waiting, after it was warmed up. */
  saturated: z.object({
    perSecond: more,
    /** Of each bootstrap. */
    cpuSeconds: cpu,
    /** Of each bootstrap, of the thread that used most: one thread gets one core at the most. */
    busiestThreadSeconds: more,
    /** CPU seconds of all parts, more for each bootstrap with each further worker on the machine. */
    furtherWorkerSeconds: amount,
  }),
  /** The API, asked by eight callers at once, while no worker works. */
  accepting: z.object({ perSecond: more, cpuSeconds: cpu }),
  /** What a worker process uses that has nothing to do. */
  idleWorkerCores: amount,
  memory: z.object({
    /** A worker's resident memory: just started, and the most while it was saturated. */
    restBytes: more,
    busiestBytes: more,
    /** Runs that it had in its cache then. */
    busiestRuns: more,
    /** At the most so much for each further run, held in its wait for DNS. */
    perCachedRunBytes: amount,
  }),
  connections: z.object({ worker: connections, api: connections }),
  /** Bootstraps that arrive at a share of the rate that everything together can keep up with. */
  latencies: z
    .array(
      z.object({
        utilisation: more,
        perSecond: more,
        activity: scheduleToStart,
        workflowTask: scheduleToStart,
        /** 95 of 100 organizations were active so long after the request; without a wait for DNS. */
        activeP95Seconds: more,
      }),
    )
    .min(1),
});

export type Profile = z.infer<typeof schema>;
export type CpuSeconds = Profile['saturated']['cpuSeconds'];

const ROOT = path.resolve(import.meta.dirname, '../../..');
export const PROFILE_FILE = path.join(ROOT, '.cache/capacity/profile.json');
/** Whatever changes what is measured, or how. */
const SOURCES = [
  'src/**/*.ts',
  'sql/**/*.sql',
  'package-lock.json',
  'load/stage/*.ts',
  'load/capacity/model/profile.ts',
  'load/capacity/measure/{connections,drain,exposition,heldRuns,latencies,measure,saturation,setup,usage}.ts',
];
const DIGEST_LENGTH = 16;

export const totalOf = (cpuSeconds: CpuSeconds): number =>
  Object.values(cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);

/** Of the present sources. */
export async function currentFingerprint(): Promise<string> {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((file) => !file.endsWith('.test.ts'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(ROOT, file)));
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}

/** @throws ConfigError when the file is not there, or is no profile. */
export async function readProfile(file: string): Promise<Profile> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ConfigError(`--profile: ${file} cannot be read`);
  });
  const parsed = schema.safeParse(await new Response(text).json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(
    `--profile: ${file} is no profile of npm run capacity: ${issue!.path.join('.')} ${issue!.message}`,
  );
}

/** The profile that was saved last, if it is of the present sources. */
export async function savedProfile(): Promise<Profile | undefined> {
  const saved = await readProfile(PROFILE_FILE).catch(() => undefined);
  return saved?.fingerprint === (await currentFingerprint()) ? saved : undefined;
}

export async function saveProfile(profile: Profile): Promise<void> {
  await mkdir(path.dirname(PROFILE_FILE), { recursive: true });
  await writeFile(PROFILE_FILE, `${JSON.stringify(profile, null, 2)}\n`);
}
