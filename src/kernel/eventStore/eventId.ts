/** Derives ids of events and other objects, so that a retry or a reset creates the same id. */
import { createHash } from 'node:crypto';

export interface EventIdParts {
  /** ISO 8601; its milliseconds are the time part of the id. */
  requestedAt: string;
  workflowId: string;
  step: string;
  /** Distinguishes several events of one step. */
  ordinal: number;
}

const TIME_BYTES = 6;
const VERSION_8 = 0x80;
const VARIANT = 0x80;

/**
 * UUIDv8 (RFC 9562): 48 bits of milliseconds, then SHA-256 of workflow id, step and ordinal. The
 * run id is not used, because a reset creates a new run, which must find the events of the first
 * one.
 */
export function eventId({ requestedAt, workflowId, step, ordinal }: EventIdParts): string {
  const bytes = Buffer.alloc(16);
  createHash('sha256')
    .update([workflowId, step, ordinal].join('|'))
    .digest()
    .copy(bytes, TIME_BYTES, 0, bytes.length - TIME_BYTES);
  bytes.writeUIntBE(Date.parse(requestedAt), 0, TIME_BYTES);
  bytes[6] = (bytes[6]! & 0x0f) | VERSION_8;
  bytes[8] = (bytes[8]! & 0x3f) | VARIANT;
  const hex = bytes.toString('hex');
  return [0, 8, 12, 16, 20].map((start, i, all) => hex.slice(start, all[i + 1])).join('-');
}

/**
 * The time part of a derived id: when its run was requested. ISO 8601; undefined for any other id.
 */
export function requestedAtOf(id: string): string | undefined {
  const hex = id.replaceAll('-', '');
  if (hex[TIME_BYTES * 2] !== '8') return undefined;
  return new Date(Number.parseInt(hex.slice(0, TIME_BYTES * 2), 16)).toISOString();
}
