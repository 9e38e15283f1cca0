/**
 * Generates the tests `alerts/*.test.yml`: every alert silent, firing, resolved, without target, and
 * with targets of others in its place.
 */
import { stringify } from 'yaml';
import { type AlertDefinition, isAlert, type RuleGroup } from './alert.ts';
import type { AlertCase, FiringAlert } from './alertCase.ts';
import { CASES } from './cases/index.ts';
import { totals } from './definitions/totals.ts';
import { GENERATED, GROUPS, runbookUrl } from './ruleFiles.ts';
import { SELECTORS } from './selectors.ts';
import { foreignSeries, ownSeries } from './testSeries.ts';
import { createTimeScale, type Duration, secondsOf } from './timeScale.ts';

/** Longer than any range that keeps an alert active after its last sample. */
const AFTERWARDS_MINUTES = 7 * 60;
/** Another service in our environment, and our service in another environment. */
const FOREIGN = [{ job: 'other-service' }, { environment: 'foreign' }] as const;
const SEGMENT = /^(_|-?[\d.]+)(?:([+-][\d.]+))?(?:x(\d+))?$/;

const minutesOf = (duration: Duration) => secondsOf(duration) / 60;

/** Samples until a minute, after which the target is missing. */
function cutAt(samples: string, minute: number): string {
  const kept: string[] = [];
  let next = 0;
  for (const segment of samples.split(' ')) {
    const [, start = '', step = '', repeats = '0'] = SEGMENT.exec(segment) ?? [];
    const left = minute - next;
    if (left < 0) break;
    // In promtool's notation `_x3` is three missing samples, `0x3` is four zeros.
    const times = Math.min(Number(repeats), start === '_' ? left + 1 : left);
    kept.push(times > 0 ? `${start}${step}x${times}` : start);
    next += start === '_' ? times : times + 1;
  }
  return [...kept, 'stale'].join(' ');
}

const [FIRST, ...OTHERS] = SELECTORS.environments;
/** Only what has a value without any series carries no environment. */
const hasEnvironment = (rule: AlertDefinition) =>
  rule.expr(createTimeScale()).includes('environment');

function expected(rule: AlertDefinition, fired: FiringAlert, environment = FIRST) {
  const { labels = {}, value = '' } = fired;
  const rendered = (text: string) =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => labels[label] ?? '')
      .replace(/\{\{ \$value[^}]*\}\}/g, value);
  const { name, severity, team, service, summary, description } = rule;
  return {
    exp_labels: {
      severity,
      team,
      service: rendered(service),
      ...(hasEnvironment(rule) && { environment }),
      ...rule.labels,
      ...labels,
    },
    exp_annotations: {
      summary: rendered(summary),
      description: rendered(description),
      runbook_url: runbookUrl(name),
    },
  };
}

function ruleOf(
  group: RuleGroup,
  alert: string,
  rule: Record<string, string> = {},
): AlertDefinition {
  const found = group.rules.find(
    (candidate): candidate is AlertDefinition =>
      isAlert(candidate) &&
      candidate.name === alert &&
      Object.entries(rule).every(([label, value]) =>
        label === 'severity' ? candidate.severity === value : candidate.labels?.[label] === value,
      ),
  );
  if (!found) throw new Error(`no rule ${alert} ${JSON.stringify(rule)} in ${group.name}`);
  return found;
}

function testsOf(group: RuleGroup, tried: AlertCase): object[] {
  const input = (change: (samples: string) => string, named = ownSeries) =>
    Object.entries(tried.series).map(([series, samples]) => ({
      series: named(series),
      values: change(samples),
    }));
  const { fires = [{}], missing = [] } = tried;
  /** The other environments have no series in any test. */
  const at = (minute: number, alerts: FiringAlert[]) => ({
    eval_time: `${minute}m`,
    alertname: tried.alert,
    exp_alerts: [undefined, ...OTHERS].flatMap((environment) =>
      (environment ? missing : alerts).map((alert) =>
        expected(ruleOf(group, tried.alert, alert.rule ?? tried.rule), alert, environment),
      ),
    ),
  });
  const firing = minutesOf(tried.firing);
  const named = (what: string) =>
    `${tried.alert}${tried.rule ? ` ${JSON.stringify(tried.rule)}` : ''}: ${what}`;
  return [
    {
      name: named('silent, firing, resolved'),
      interval: '1m',
      input_series: input((samples) => samples),
      alert_rule_test: [
        ...(tried.silent ? [at(minutesOf(tried.silent), [])] : []),
        at(firing, fires),
        ...(tried.resolved ? [at(minutesOf(tried.resolved), [])] : []),
      ],
    },
    {
      name: named('the target goes away'),
      interval: '1m',
      input_series: input((samples) => cutAt(samples, firing)),
      alert_rule_test: [at(firing, fires), at(firing + AFTERWARDS_MINUTES, missing)],
    },
    {
      name: named('the targets are those of others'),
      interval: '1m',
      input_series: FOREIGN.flatMap((foreign) =>
        input(
          (samples) => samples,
          (series) => foreignSeries(series, foreign),
        ),
      ),
      alert_rule_test: [at(firing, missing)],
    },
    {
      name: named('the target was never there'),
      interval: '1m',
      input_series: [],
      alert_rule_test: [at(60, missing)],
    },
  ];
}

/**
 * @returns content of each file, by its name.
 * @throws Error for an alerting rule without a case.
 */
export function ruleTests(): Map<string, string> {
  return new Map(
    GROUPS.filter((group) => group.rules.some(isAlert)).map((group) => {
      const names = new Set(group.rules.filter(isAlert).map(({ name }) => name));
      const cases = CASES.filter(({ alert }) => names.has(alert));
      for (const name of names) {
        if (!cases.some(({ alert }) => alert === name)) throw new Error(`${name} is never tried`);
      }
      const body = stringify(
        {
          // Rates are taken of the totals that are recorded there.
          rule_files: [`${totals.name}.yml`, `${group.name}.yml`],
          evaluation_interval: '1m',
          group_eval_order: [totals.name, group.name],
          tests: cases.flatMap((tried) => testsOf(group, tried)),
        },
        { lineWidth: 0, aliasDuplicateObjects: false },
      );
      return [`${group.name}.test.yml`, `# ${GENERATED}\n${body}`];
    }),
  );
}
