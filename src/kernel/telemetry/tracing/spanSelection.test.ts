import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { createSpanSelection } from './spanSelection.ts';

/** A tracer whose spans pass through a selection into memory. */
function tracing(ratio: number) {
  const exporter = new InMemorySpanExporter();
  const selection = createSpanSelection(new SimpleSpanProcessor(exporter), ratio);
  const tracer = new BasicTracerProvider({ spanProcessors: [selection] }).getTracer('test');
  const names = () => exporter.getFinishedSpans().map(({ name }) => name);
  return { tracer, exporter, names };
}

/** A parent span with two children, one after the other; the second one may fail. */
function run({ tracer }: ReturnType<typeof tracing>, fails: boolean): void {
  const parent = tracer.startSpan('parent');
  const within = trace.setSpan(context.active(), parent);
  tracer.startSpan('first', {}, within).end();
  const second = tracer.startSpan('second', {}, within);
  if (fails) second.setStatus({ code: SpanStatusCode.ERROR });
  second.end();
  parent.end();
}

test('a share of 1 exports everything, in order', () => {
  const all = tracing(1);
  run(all, false);
  expect(all.names()).toEqual(['first', 'second', 'parent']);
});

test('a share of 0 exports complete traces with an error', () => {
  const none = tracing(0);
  run(none, false);
  expect(none.names()).toEqual([]);
  run(none, true);
  expect(none.names()).toEqual(['first', 'second', 'parent']);
});

test('limits the number of spans that are held back', () => {
  const none = tracing(0);
  const first = none.tracer.startSpan('long ago');
  const within = trace.setSpan(context.active(), first);
  none.tracer.startSpan('held', {}, within).end();
  for (let i = 0; i < 1_001; i++) run(none, false);
  first.setStatus({ code: SpanStatusCode.ERROR });
  first.end();
  expect(none.names()).toEqual(['long ago']);
});

test('keeps a few attributes of Temporal’s spans, each under one name', () => {
  const { tracer, exporter } = tracing(1);
  tracer
    .startSpan('RunWorkflow:Onboarding', {
      attributes: {
        workflowId: 'w',
        runId: 'r',
        workflowType: 'Onboarding',
        historyLength: 59,
        memo: 'm',
      },
    })
    .end();
  tracer.startSpan('pg.query', { attributes: { 'db.name': 'a4c' } }).end();
  const [workflow, query] = exporter.getFinishedSpans();
  expect(workflow?.attributes).toEqual({
    'temporal.workflow.id': 'w',
    'temporal.workflow.run_id': 'r',
    'temporal.workflow.type': 'Onboarding',
  });
  expect(query?.attributes).toEqual({ 'db.name': 'a4c' });
});
