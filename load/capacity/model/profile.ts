/** The measured profile of the platform, from which the model calculates, and its file. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '#config.ts';

const amount = z.number().min(0);
const more = z.number().positive();

/** CPU seconds by process. `tool` is the measuring process, which also simulates the providers. */
const cpu = z.object({
  worker: amount,
  api: amount,
  database: amount,
  temporal: amount,
  tool: amount,
});
const connections = z.object({
  /** Maximum of connections open at the same time. */
  open: amount,
  /** Average of connections in use. */
  busy: amount,
});
const scheduleToStart = z.object({
  meanSeconds: amount,
  /** Upper bound of the histogram's bucket that contains it. */
  p95UpToSeconds: amount,
});
const schema = z.object({
  measuredAt: z.iso.datetime(),
  /** Digest of the measured sources. */
  fingerprint: z.string(),
  machine: z.object({
    processor: z.string(),
    cores: more,
    /** Cores used by other processes or the hypervisor during the drain. */
    takenCores: amount,
  }),
  /** One bootstrap with a subdomain and one user, whose DNS is found at the first lookup. */
  bootstrap: z.object({
    activities: more,
    /** Sum of the time inside its activities, with providers on loopback. */
    activitySeconds: more,
    stateTransitions: more,
    historyEvents: more,
    cloudflareRequests: more,
    databaseBytes: amount,
  }),
  /** One worker process with a constant backlog, after warm-up. */
  saturated: z.object({
    perSecond: more,
    /** Per bootstrap. */
    cpuSeconds: cpu,
    /** Per bootstrap, of the busiest thread: a thread uses one core at most. */
    busiestThreadSeconds: more,
    /** CPU seconds of all parts that each further worker on the machine adds to a bootstrap. */
    furtherWorkerSeconds: amount,
  }),
  /** The API with eight callers at once, while no worker works. */
  accepting: z.object({ perSecond: more, cpuSeconds: cpu }),
  /** Usage of an idle worker process. */
  idleWorkerCores: amount,
  memory: z.object({
    /** Resident memory of a worker: after its start, and the maximum while saturated. */
    restBytes: more,
    busiestBytes: more,
    /** Runs in its cache at that time. */
    busiestRuns: more,
    /** Upper bound per further run that waits for DNS. */
    perCachedRunBytes: amount,
  }),
  connections: z.object({ worker: connections, api: connections }),
  /** Bootstraps that arrive at a share of the sustained rate. */
  latencies: z
    .array(
      z.object({
        utilisation: more,
        perSecond: more,
        activity: scheduleToStart,
        workflowTask: scheduleToStart,
        /**
         * 95th percentile from the request to the active organization, without the wait for DNS.
         */
        activeP95Seconds: more,
      }),
    )
    .min(1),
});

export type Profile = z.infer<typeof schema>;
export type CpuSeconds = Profile['saturated']['cpuSeconds'];

const ROOT = path.resolve(import.meta.dirname, '../../..');
export const PROFILE_FILE = path.join(ROOT, '.cache/capacity/profile.json');
/** All files that affect what is measured, or how. */
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

/** Digest of the present sources. */
export async function currentFingerprint(): Promise<string> {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((file) => !file.endsWith('.test.ts'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(ROOT, file)));
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}

/** @throws ConfigError when the file is missing or is not a profile. */
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

/** The last saved profile, if its digest matches the present sources. */
export async function savedProfile(): Promise<Profile | undefined> {
  const saved = await readProfile(PROFILE_FILE).catch(() => undefined);
  return saved?.fingerprint === (await currentFingerprint()) ? saved : undefined;
}

export async function saveProfile(profile: Profile): Promise<void> {
  await mkdir(path.dirname(PROFILE_FILE), { recursive: true });
  await writeFile(PROFILE_FILE, `${JSON.stringify(profile, null, 2)}\n`);
}
