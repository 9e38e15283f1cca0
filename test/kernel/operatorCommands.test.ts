import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { created, newEvent } from '#support/history/events.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const run = promisify(execFile);
const database = useTestDatabase();

/** `npm run ops -- …`, in a process of its own, as the application or as the schema's owner. */
const opsOn = (url: string, ...args: string[]) =>
  run(process.execPath, ['src/main.ts', 'ops', ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
const ops = (...args: string[]) => opsOn(database.url, ...args);

/** An event that cannot be projected, and one that waits behind it. */
async function blocked() {
  const orgId = randomUUID();
  const store = createEventStore(database.pool);
  const poison = newEvent('organization.activated', orgId, { activated_at: '2026-01-01' });
  const held = newEvent('organization.created', orgId, created(`s${orgId.slice(0, 8)}`));
  await store.append(poison).catch(() => {});
  await store.append(held).catch(() => {});
  return { orgId, poison, held };
}

const waiting = async (orgId: string) => {
  const { rows } = await database.owner.query(
    'SELECT id FROM domain_events WHERE aggregate_id = $1 AND processed_at IS NULL',
    [orgId],
  );
  return rows.map(({ id }) => id);
};

beforeEach(async () => {
  await database.owner.query(
    'UPDATE event_streams SET blocked_at_version = NULL, parked_at = NULL',
  );
});

describe('health', () => {
  test('is a table, or JSON, and its exit code is the worst severity', async () => {
    const ok = await ops('health');
    expect(ok.code).toBe(0);
    expect(ok.stdout.split('\n')[0]).toMatch(/^check +severity +value +detail +duration_ms$/);
    const { poison } = await blocked();
    const warned = await ops('health', '--json');
    expect(warned.code).toBe(1);
    expect(
      JSON.parse(warned.stdout).find((row: { check: string }) => row.check === 'blocked_streams'),
    ).toMatchObject({ severity: 'warning' });
    expect((await ops('unprocessed')).stdout).toContain(poison.id);
    await database.owner.query(
      'UPDATE event_streams SET parked_at = now() WHERE blocked_at_version IS NOT NULL',
    );
    expect((await ops('health')).code).toBe(2);
  });

  test('as a report fails only when a check cannot run', async () => {
    await blocked();
    expect((await ops('health', '--json', '--report')).code).toBe(0);
    await database.owner.query('REVOKE SELECT ON event_streams FROM a4c_app');
    try {
      const failed = await ops('health', '--json', '--report');
      expect(failed.code).toBe(1);
      expect(failed.stdout).toContain('the check failed');
    } finally {
      await database.owner.query('GRANT SELECT ON event_streams TO a4c_app');
    }
  });

  test('shows three of many, and all of them for one check', async () => {
    const all = [];
    for (let count = 0; count < 5; count++) all.push((await blocked()).orgId);
    const table = await ops('health');
    const shown = all.filter((orgId) => table.stdout.includes(orgId));
    expect(shown).toHaveLength(3);
    expect(table.stdout).toContain('and 2 more: npm run ops -- health blocked_streams');
    const one = await ops('health', 'blocked_streams');
    expect(all.filter((orgId) => !one.stdout.includes(orgId))).toEqual([]);
    expect(one.stdout.trim().split('\n')).toHaveLength(all.length + 1);
    expect((await ops('health', 'luck')).stderr).toContain('there is no check luck; there are');
  });
});

describe('retry', () => {
  test('tells what its pause keeps, and tries one now by its event or aggregate', async () => {
    const { orgId, poison } = await blocked();
    expect((await ops('retry')).stdout).toContain('1 wait for their pause to end, 0 are parked.');
    for (const id of [poison.id, orgId]) {
      const tried = await ops('retry', id, '--json');
      expect(JSON.parse(tried.stdout)).toEqual([
        { aggregateType: 'organization', aggregateId: orgId, projected: 0, stillBlocked: true },
      ]);
    }
    await database.owner.query('ALTER TABLE domain_events DISABLE TRIGGER USER');
    await database.owner.query('DELETE FROM domain_events WHERE id = $1', [poison.id]);
    await database.owner.query('ALTER TABLE domain_events ENABLE TRIGGER USER');
    expect(JSON.parse((await ops('retry', orgId, '--json')).stdout)).toMatchObject([
      { projected: 1, stillBlocked: false },
    ]);
    expect(await waiting(orgId)).toEqual([]);
  });

  test('says so when there is nothing to try', async () => {
    const nothing = randomUUID();
    expect(await ops('retry', nothing)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`nothing is blocked by ${nothing}`),
    });
    expect((await ops('retry', 'x')).stderr).toContain('retry needs the id');
  });
});

describe('skip', () => {
  const why = ['--reason', 'never created', '--by', 'ada'];

  test('lets the stream go on, and keeps who did it and why', async () => {
    const { orgId, poison } = await blocked();
    const skipped = await opsOn(database.ownerUrl, 'skip', poison.id, ...why, '--json');
    expect(JSON.parse(skipped.stdout)).toEqual([{ skipped: poison.id, projected: 1 }]);
    expect(await waiting(orgId)).toEqual([]);
    const { rows } = await database.owner.query(
      'SELECT reason, actor FROM event_skips WHERE event_id = $1',
      [poison.id],
    );
    expect(rows).toEqual([{ reason: 'never created', actor: 'ada' }]);
  });

  test('is refused without a reason, for what blocks nothing, and for the application', async () => {
    const { orgId, poison, held } = await blocked();
    const asOwner = (...args: string[]) => opsOn(database.ownerUrl, 'skip', ...args);
    expect((await asOwner(poison.id)).stderr).toContain('skip needs --reason');
    expect((await asOwner(poison.id, '--reason', ' ', '--by', 'ada')).stderr).toContain('--reason');
    expect((await asOwner(held.id, ...why)).stderr).toContain('blocks nothing');
    expect((await ops('skip', poison.id, ...why)).stderr).toContain(
      'DATABASE_URL="$MIGRATION_DATABASE_URL"',
    );
    expect(await waiting(orgId)).toEqual(expect.arrayContaining([poison.id, held.id]));
  });
});

test('says what it can do, and what was wrong', async () => {
  expect((await ops('--help')).stdout).toContain('usage: npm run ops');
  for (const name of ['dance', 'toString', 'constructor', '__proto__']) {
    const { code, stderr } = await ops(name);
    expect([code, stderr.split('\n')[0]]).toEqual([1, `unknown command ${name}`]);
  }
  expect((await ops('unprocessed', 'extra')).stderr).toContain('unprocessed does not take extra');
});
