/**
 * One zone of the loopback Cloudflare: its records, their rules, and the DNS answers they cause.
 */
import { randomBytes } from 'node:crypto';
import type { LoopbackDns, RecordType, ZoneRecord } from './loopbackDns.ts';

export interface CloudflareRecord {
  id: string;
  name: string;
  type: RecordType;
  content: string;
  proxied: boolean;
  ttl: number;
  comment: string | null;
  created_on: string;
  modified_on: string;
}

/** An error with Cloudflare's error code. */
export class CloudflareRefusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Addresses that a proxied name resolves to, of Cloudflare's ranges; nobody connects to them. */
const PROXY_ADDRESSES: { type: RecordType; value: string }[] = [
  { type: 'A', value: '104.16.0.10' },
  { type: 'AAAA', value: '2606:4700::10' },
];
const TYPES = ['A', 'AAAA', 'CNAME'];
const MAX_COMMENT = 100;

const newId = (): string => randomBytes(16).toString('hex');

export type CloudflareZone = ReturnType<typeof createCloudflareZone>;

export function createCloudflareZone(name: string, dns: LoopbackDns) {
  const records = new Map<string, CloudflareRecord>();

  function visible(record: CloudflareRecord): ZoneRecord[] {
    if (record.proxied)
      return PROXY_ADDRESSES.map((address) => ({ name: record.name, ...address }));
    return [{ name: record.name, type: record.type, value: record.content }];
  }

  function validate({ name: recordName, type, content, comment }: CloudflareRecord): void {
    if (!TYPES.includes(type)) throw new CloudflareRefusal(400, 9004, 'Invalid record type.');
    if (!content) throw new CloudflareRefusal(400, 9005, 'Content is required.');
    if (recordName !== name && !recordName.endsWith(`.${name}`)) {
      throw new CloudflareRefusal(400, 9007, 'DNS name is invalid.');
    }
    if ((comment ?? '').length > MAX_COMMENT) {
      throw new CloudflareRefusal(400, 9313, 'Comment is too long.');
    }
  }

  /** No other record may share the name of a CNAME, and no record may exist twice. */
  function refuseConflicts(record: CloudflareRecord): void {
    const others = [...records.values()].filter(
      (other) => other.name === record.name && other.id !== record.id,
    );
    if (others.some((o) => o.type === record.type && o.content === record.content)) {
      throw new CloudflareRefusal(400, 81058, 'An identical record already exists.');
    }
    if (others.some((o) => o.type === 'CNAME' || record.type === 'CNAME')) {
      throw new CloudflareRefusal(
        400,
        81053,
        'An A, AAAA, or CNAME record with that host already exists.',
      );
    }
  }

  function get(id: string): CloudflareRecord {
    const record = records.get(id);
    if (!record) throw new CloudflareRefusal(404, 81044, 'Record does not exist.');
    return record;
  }

  function store(record: CloudflareRecord): CloudflareRecord {
    validate(record);
    refuseConflicts(record);
    records.set(record.id, record);
    dns.set(record.id, visible(record));
    return record;
  }

  return {
    id: newId(),
    name,
    get,
    list: (): CloudflareRecord[] => [...records.values()],

    create(fields: Partial<CloudflareRecord>): CloudflareRecord {
      const now = new Date().toISOString();
      const { type = 'A', content = '', proxied = false, ttl = 1, comment = null } = fields;
      const recordName = (fields.name ?? '').toLowerCase();
      const times = { created_on: now, modified_on: now };
      return store({
        id: newId(),
        name: recordName,
        type,
        content,
        proxied,
        ttl,
        comment,
        ...times,
      });
    },

    update(id: string, fields: Partial<CloudflareRecord>): CloudflareRecord {
      return store({ ...get(id), ...fields, id, modified_on: new Date().toISOString() });
    },

    remove(id: string): void {
      get(id);
      records.delete(id);
      dns.remove(id);
    },
  };
}
