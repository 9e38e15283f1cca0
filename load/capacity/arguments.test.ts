import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { argumentsFrom, USAGE } from './arguments.ts';

const parse = (line: string) => argumentsFrom(line.split(' ').filter(Boolean));

test('requires nothing but a rate', () => {
  expect(parse('--per-hour 500')).toMatchObject({
    target: { perHour: 500, burst: 50, p95Minutes: 10, propagationSeconds: 300 },
    profile: undefined,
    measure: false,
    validate: true,
    json: false,
  });
  expect(parse('--per-hour 3')!.target.burst).toBe(1);
});

test('reads all other options', () => {
  const line =
    '--per-hour 2.5 --burst 7 --p95-minutes 30 --duration-minutes 40 --propagation-seconds 0 ' +
    '--provider-ms 0 --users 5 --worker-cpu 1.5 --worker-memory-mib 512 --utilisation 0.7 ' +
    '--max-connections 200 --measure --no-validate --json';
  expect(parse(line)).toEqual({
    target: {
      perHour: 2.5,
      burst: 7,
      p95Minutes: 30,
      durationMinutes: 40,
      propagationSeconds: 0,
      providerMs: 0,
      users: 5,
      workerCpu: 1.5,
      workerMemoryMib: 512,
      utilisation: 0.7,
      maxConnections: 200,
    },
    profile: undefined,
    measure: true,
    validate: false,
    json: true,
  });
});

test('does not compare a profile of another machine with a run on this one', () => {
  expect(parse('--per-hour 5 --profile production.json')).toMatchObject({
    profile: 'production.json',
    validate: false,
  });
});

test('--help is not an error, and the documentation names only existing options', () => {
  expect(parse('--help')).toBeUndefined();
  const page = readFileSync('docs/capacity.md', 'utf8');
  for (const [option] of page.matchAll(/--[a-z][a-z0-9-]*/g)) expect(USAGE).toContain(option);
});

test.each([
  ['', '--per-hour is required'],
  ['--per-hour many', '--per-hour must be a number above 0, not many'],
  ['--per-hour 0', '--per-hour must be a number above 0'],
  ['--per-hour 5 --burst 1.5', '--burst must be a whole number from 1 on'],
  ['--per-hour 5 --utilisation 1', '--utilisation must be below 1'],
  ['--per-hour 5 --propagation-seconds 1900', '--propagation-seconds is at most 1800'],
  ['--per-hour 5 --duration-minutes 4', 'is shorter than the wait for DNS'],
  ['--per-hour 5 --profile a.json --measure', '--measure is of no use with --profile'],
  ['--per-hour 5 --workers 4', "Unknown option '--workers'"],
])('refuses %j and prints the usage', (line, problem) => {
  expect(() => parse(line)).toThrow(problem);
  expect(() => parse(line)).toThrow('usage: npm run capacity');
});
