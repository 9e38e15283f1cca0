import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLogOutput } from './logOutput.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'log-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A pipe: `writer` is what a process gets as its standard output. */
function pipe(name: string) {
  const file = path.join(folder, name);
  execFileSync('mkfifo', [file]);
  const reader = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(file, constants.O_WRONLY);
  /** What can be read now. */
  function read(): string {
    const chunk = Buffer.alloc(1 << 20);
    try {
      return chunk.toString('utf8', 0, readSync(reader, chunk));
    } catch {
      return '';
    }
  }
  return { writer, read };
}

test('appends to a file that others write to, too', () => {
  const file = path.join(folder, 'file');
  const fd = openSync(file, 'a');
  const output = createLogOutput(fd);
  output.write('one\n');
  createLogOutput(fd).write('two\n');
  output.write('three\n');
  closeSync(fd);
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\nthree\n');
  expect(output.dropped()).toBe(0);
});

test('keeps the lines that a slow reader leaves, whole and in order', async () => {
  const { writer, read } = pipe('slow');
  const output = createLogOutput(writer);
  const lines = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat(1000)}\n`);
  for (const line of lines) output.write(line);
  let heard = '';
  await expect
    .poll(() => {
      heard += read();
      return heard.length;
    })
    .toBe(lines.join('').length);
  expect(heard).toBe(lines.join(''));
  expect(output.dropped()).toBe(0);
});

test('drops and counts what a reader that stopped leaves, and waits for nothing', () => {
  const { writer } = pipe('stopped');
  const output = createLogOutput(writer);
  const began = performance.now();
  for (let index = 0; index < 5000; index++) output.write(`${'x'.repeat(999)}\n`);
  expect(performance.now() - began).toBeLessThan(1000);
  expect(output.dropped()).toBeGreaterThan(3000);
});

test('drops and counts what a full disk refuses', () => {
  const output = createLogOutput(openSync('/dev/full', 'w'));
  output.write('one\n');
  output.write('two\n');
  expect(output.dropped()).toBe(2);
});
