import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ALERTS } from '#alerts/src/ruleFiles.ts';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { routesOf } from './alertIndex.ts';
import { ruleOf } from './provedRules.ts';
import { receiversOf } from './receivers.ts';

const INSTALL_LIMIT_MS = 300_000;

let amtool: string;
beforeAll(async () => {
  const cacheFolder = path.resolve('.cache');
  ({ amtool } = await resolvePrometheusTools({ cacheFolder, log: console.log }));
}, INSTALL_LIMIT_MS);

test.each([
  ['Watchdog', undefined, ['deadman']],
  ['NoPollers', undefined, ['platform-pager', 'platform-slack']],
  ['DNSVerificationWaitingForPerson', { severity: 'warning' }, ['onboarding-email']],
  // Not by mail.
  ['InvitationDeliveryFailing', undefined, ['onboarding-slack']],
  [
    'DNSVerificationWaitingForPerson',
    { severity: 'critical' },
    ['platform-pager', 'onboarding-email'],
  ],
  ['EventProcessingErrors', undefined, ['platform-slack']],
  ['HealthCheckFailing', { severity: 'critical' }, ['platform-pager', 'platform-slack']],
  ['HealthCheckFailing', { severity: 'warning' }, ['platform-slack']],
  ['TargetDown', { severity: 'critical' }, ['platform-pager', 'platform-slack']],
])('%s %o is routed to %s', async (alert, labels, receivers) => {
  const rule = ruleOf({ alert, ...(labels && { labels }) });
  expect(await receiversOf(amtool, rule)).toEqual(receivers);
});

test('the index of docs/on-call.md names the receivers that amtool calculates', async () => {
  const calculated = await Promise.all(ALERTS.map((rule) => receiversOf(amtool, rule)));
  expect(ALERTS.map(routesOf)).toEqual(calculated);
});
