import { expect, test } from 'vitest';
import { z } from 'zod';
import { secretNames, settingsPage, settingsPageProblems } from './settingsPage.ts';

const seconds = z.coerce
  .number()
  .min(0)
  .max(60)
  .default(5)
  .transform((value) => value * 1000);
const SCHEMAS = {
  load: z.object({ API_TOKEN: z.string().meta({ description: 'whose token', secret: true }) }),
  worker: z.object({
    SMTP_HOST: z.string().optional().describe('the server'),
    SMTP_PASS: z.string().optional().meta({ description: 'the password', secret: true }),
    EMAIL_PROVIDER: z.enum(['smtp', 'resend']).default('smtp').describe('which one'),
    DATABASE_URL: z.string().describe('where rows are'),
    DNS_PROXIED: z.enum(['true', 'false']).default('true').describe('by Cloudflare'),
  }),
  api: z
    .object({
      DATABASE_URL: z.string().describe('where rows are'),
      REQUEST_TIMEOUT_SECONDS: seconds.describe('patience'),
      CORS_ORIGINS: z.string().default('').describe('who may'),
    })
    .superRefine(() => {}),
};

const rowsBelow = (title: string): string[] => {
  const [, section = ''] = settingsPage(SCHEMAS).split(`## ${title}\n`);
  return section.split('\n## ')[0]!.match(/^\| `.*$/gm) ?? [];
};

test('a row shows whether the setting is required, its default as written, and its range', () => {
  expect(rowsBelow('HTTP')).toEqual([
    '| `REQUEST_TIMEOUT_SECONDS` | api | `5` | patience (0 to 60) |',
    '| `CORS_ORIGINS` | api | not set | who may |',
  ]);
  expect(rowsBelow('Mail')).toEqual([
    '| `SMTP_HOST` | worker | not set | the server |',
    '| `SMTP_PASS` 🔒 | worker | not set | the password |',
    '| `EMAIL_PROVIDER` | worker | `smtp` | which one (`smtp`, `resend`) |',
  ]);
  expect(rowsBelow('DNS')).toEqual(['| `DNS_PROXIED` | worker | `true` | by Cloudflare |']);
});

test('roles with the same schema share a row, those of an installation first', () => {
  expect(rowsBelow('PostgreSQL')).toEqual([
    '| `DATABASE_URL` | api, worker | required | where rows are |',
  ]);
});

test('lists settings that no installed role reads under "Tools and tests"', () => {
  expect(rowsBelow('Tools and tests')).toEqual([
    '| `API_TOKEN` 🔒 | load | required | whose token |',
  ]);
  expect(secretNames(SCHEMAS)).toEqual(['SMTP_PASS']);
});

test('reports a setting without a description or a group, and says what to change', () => {
  const schemas = { api: z.object({ COLOUR: z.string(), PORT: z.coerce.number() }) };
  expect(settingsPageProblems(schemas)).toEqual([
    'COLOUR (api): say its meaning with .describe() where it is defined',
    'PORT (api): say its meaning with .describe() where it is defined',
    'COLOUR: add it to a group in tools/docs/settingsPage.ts',
  ]);
});
