/** Compares the product's first sizing table with the measurements. */
import { type Provision, provision } from './model.ts';
import type { Profile } from './profile.ts';
import { defaultBurst, type Target } from './target.ts';

export interface SeedRow {
  load: string;
  least: number;
  /** Undefined where there is no upper limit. */
  most: number | undefined;
}

const SEED_TABLE: [light: SeedRow, medium: SeedRow, heavy: SeedRow] = [
  { load: '< 10/h', least: 1, most: 2 },
  { load: '10-100/h', least: 3, most: 5 },
  { load: '> 100/h', least: 5, most: undefined },
];
const JUDGED_AT = [5, 50, 100, 500];

/** Both 10 and 100 an hour belong to the second row. */
export function seedRowOf(perHour: number): SeedRow {
  const [light, medium, heavy] = SEED_TABLE;
  if (perHour < 10) return light;
  return perHour <= 100 ? medium : heavy;
}

export const seedCount = ({ least, most }: SeedRow): string =>
  most === undefined ? `${least}+` : `${least}-${most}`;

export interface Judgement {
  perHour: number;
  seed: SeedRow;
  /** Workers needed for throughput at the planned utilisation; the rest are for availability. */
  shareOfOne: number;
  workers: number;
  verdict: 'over-provisioned' | 'under-provisioned' | 'agrees';
  because: string;
}

function verdictOf({ least, most }: SeedRow, { total }: Provision['workers']) {
  if (total < least) return 'over-provisioned';
  return most !== undefined && total > most ? 'under-provisioned' : 'agrees';
}

function reasonOf(seed: SeedRow, { total, forThroughput, forBurst }: Provision['workers']): string {
  const needed = Math.max(forThroughput, forBurst);
  const what = `${needed} ${needed === 1 ? 'does' : 'do'} the work, one more is for availability`;
  if (total < seed.least) {
    return `${what}; what the table has beyond that (${seed.least - total}) adds to it, not to throughput`;
  }
  if (seed.most !== undefined && total > seed.most) return `${what}; the table has too few`;
  if (seed.least < total) return `${what}; the table's ${seed.least} has no spare: too few`;
  return what;
}

/** The row for a target. @throws ImpossibleTarget as the model does. */
export function judge(profile: Profile, target: Target): Judgement {
  const seed = seedRowOf(target.perHour);
  const { workers } = provision(profile, target);
  return {
    perHour: target.perHour,
    seed,
    shareOfOne: workers.shareOfOne,
    workers: workers.total,
    verdict: verdictOf(seed, workers),
    because: reasonOf(seed, workers),
  };
}

/** The whole table, each row at loads of its range, with the default burst of that load. */
export const judgeTable = (profile: Profile, target: Target): Judgement[] =>
  JUDGED_AT.map((perHour) => judge(profile, { ...target, perHour, burst: defaultBurst(perHour) }));
