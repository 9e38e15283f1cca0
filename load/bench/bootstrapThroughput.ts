/** Complete bootstraps per second of one worker process, compared with a bare worker. */

import {
  ACTIVITIES_PER_BOOTSTRAP,
  type BareWorkflow,
  bareRate,
  bootstrapRate,
  SLOTS,
  startStage,
} from '../stage/stage.ts';
import { median, spreadOf } from '../stage/statistics.ts';
import { type Figure, perSecond, type Row } from './figure.ts';

const ROUNDS = 5;
const RUNS = 150;
const LIMIT = 0.8;

function rowOf(name: string, measured: number[], limit: number[], target?: number): Row {
  const ratio = spreadOf(measured.map((value, round) => value / limit[round]!));
  return {
    figure: `bootstraps/s of one worker, beside ${name}`,
    measured: perSecond(median(measured)),
    limit: perSecond(median(limit)),
    ratio,
    ...(target && { target: `>= ${target}x`, reached: ratio.median >= target }),
    details: { measured, limit },
  };
}

export const bootstrapThroughput: Figure = {
  id: 'bootstraps',
  title: 'Complete bootstraps of one worker process',
  async measure({ log, quick }) {
    const stage = await startStage(log);
    const runs = quick ? 20 : RUNS;
    const found: Record<'real' | BareWorkflow, number[]> = {
      real: [],
      BareWorkflow: [],
      SameCommandsWorkflow: [],
    };
    try {
      await stage.startApi();
      for (let round = 1; round <= (quick ? 1 : ROUNDS); round++) {
        log(`round ${round}, ${runs} runs each`);
        found.BareWorkflow.push(await bareRate(stage, 'BareWorkflow', runs));
        found.real.push(await bootstrapRate(stage, runs));
        found.SameCommandsWorkflow.push(await bareRate(stage, 'SameCommandsWorkflow', runs));
      }
    } finally {
      await stage.stop();
    }
    const bare = `${ACTIVITIES_PER_BOOTSTRAP} no-op activities, ${SLOTS} slots`;
    return [
      rowOf(bare, found.real, found.BareWorkflow, LIMIT),
      rowOf(
        `${bare}, and the same timer, child and attributes`,
        found.real,
        found.SameCommandsWorkflow,
      ),
    ];
  },
};
