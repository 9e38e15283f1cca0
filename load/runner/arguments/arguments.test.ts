import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../k6/contracts.ts';
import { argumentsFrom, USAGE } from './arguments.ts';

const parse = (line: string) => argumentsFrom(line.split(' ').filter(Boolean));

test.each(SCENARIOS)('%s needs no option, and is in the usage', (scenario) => {
  expect(parse(scenario)).toMatchObject({ scenario, workers: 1, url: undefined, keep: false });
  expect(USAGE).toContain(`\n  ${scenario}`);
});

test('the documentation has every scenario, and only existing options', () => {
  const page = readFileSync('load/README.md', 'utf8');
  for (const scenario of SCENARIOS) expect(page).toMatch(new RegExp(`^\\| \`${scenario}\` `, 'm'));
  for (const [option] of page.matchAll(/--[a-z][a-z-]*/g)) {
    expect(USAGE).toMatch(new RegExp(`^  ${option}\\b`, 'm'));
  }
});

test('reads durations, rates and limits', () => {
  const line = 'steady --rate 2.5 --duration 5m --limit 90s --vus 7 --workers 0 --json';
  expect(parse(line)).toMatchObject({
    rate: 2.5,
    durationSeconds: 300,
    endLimitSeconds: 90,
    maxVus: 7,
    workers: 0,
    json: true,
  });
});

test('reads lists', () => {
  expect(parse('ramp --steps 1,2.5,10')?.steps).toEqual([1, 2.5, 10]);
  expect(parse('mixed --weights 8:1:0')?.weights).toEqual({
    reads: 8,
    bootstraps: 1,
    invitations: 0,
  });
});

test('has enough virtual users for the highest rate', () => {
  const steady = parse('steady --rate 10')!.maxVus;
  expect(parse('spike --rate 10 --factor 5')!.maxVus).toBeGreaterThan(4 * steady);
  expect(parse('ramp --steps 1,50')!.maxVus).toBeGreaterThan(4 * steady);
});

test('thresholds are strict for a given installation, generous for the embedded stack', () => {
  const given = parse('steady --url https://api.example.org/ --email load@example.org');
  expect(given).toMatchObject({ url: 'https://api.example.org', thresholds: { startMs: 150 } });
  expect(parse('steady')!.thresholds.startMs).toBeGreaterThan(1_000);
  expect(parse('steady --max-start-ms 20 --max-active-ms 3000')!.thresholds).toMatchObject({
    startMs: 20,
    activeMs: 3_000,
  });
});

test('sets no threshold on the time to active for runs that are queued on purpose', () => {
  expect(parse('backlog')!.thresholds).not.toHaveProperty('activeMs');
  expect(parse('backlog --max-active-ms 9')!.thresholds.activeMs).toBe(9);
});

test('--help is not an error', () => {
  expect(parse('--help')).toBeUndefined();
});

test.each([
  ['', 'no scenario given'],
  ['storm', 'there is no scenario storm'],
  ['smoke soak', 'one scenario at a time'],
  ['steady --rate none', '--rate must be a number above 0, not none'],
  ['steady --rate 0', '--rate must be'],
  ['steady --duration 5', '--duration must be a duration such as 30s'],
  ['steady --workers 1.5', '--workers must be a whole number'],
  ['steady --url ftp://files --email a@example.org', '--url must be an http or https address'],
  ['steady --url https://api.example.org', '--url needs --email'],
  ['steady --url https://a.example --email a+b@c.de', '--email must be an address without a +'],
  ['steady --email a@example.org', '--email is of use with --url alone'],
  ['backlog --url https://a.example --email a@b.de', 'embedded stack alone'],
  ['steady --url https://a.example --email a@b.de --workers 2', '--workers is for the embedded'],
  ['steady --count 5', '--count is for backlog alone'],
  ['smoke --rate 5', 'smoke has no --rate'],
  ['ramp --steps 2,1', '--steps must rise'],
  ['mixed --weights 1:2', '--weights must be three numbers'],
  ['mixed --weights 0:0:0', '--weights must be three numbers'],
  ['steady --fast', "Unknown option '--fast'"],
])('refuses %j and prints the usage', (line, problem) => {
  expect(() => parse(line)).toThrow(problem);
  expect(() => parse(line)).toThrow('usage: npm run load');
});
