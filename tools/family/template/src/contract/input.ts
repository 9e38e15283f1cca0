/** What the input of a sample task must look like, for API and workflow. */
import { text, uuid } from '#kernel/input/rules.ts';
import { ORIGIN } from '#kernel/input/run.ts';
import { fields, type Shape } from '#kernel/input/shape.ts';
import type { SampleTaskParams } from '../contract.ts';

export const NOTE = text(500);

export const SAMPLE_TASK_INPUT: Shape<SampleTaskParams> = fields<SampleTaskParams>({
  organizationId: uuid(),
  sampleTaskId: uuid(),
  note: NOTE,
  origin: ORIGIN,
});
