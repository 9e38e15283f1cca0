/** Loaded into a process, it keeps so much memory that its heap is nearly full, as a leak does. */
import v8 from 'node:v8';

const NEARLY_FULL = 0.91;
const PIECE = 100_000;
const INTERVAL_MS = 200;

const kept: number[][] = [];

setInterval(() => {
  const { used_heap_size, heap_size_limit } = v8.getHeapStatistics();
  if (used_heap_size < NEARLY_FULL * heap_size_limit) kept.push(Array(PIECE).fill(Math.random()));
}, INTERVAL_MS).unref();
