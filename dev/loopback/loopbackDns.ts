/** DNS on loopback: one zone, served over UDP by several "resolvers", each with its own faults. */
import { createUDPServer, Packet } from 'dns2';

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT';

export interface ZoneRecord {
  name: string;
  type: RecordType;
  /** Of a TXT record also several strings, which belong together. */
  value: string | string[];
}

/** What a resolver does instead of giving the correct answer. */
export type ResolverFault =
  | 'none'
  | 'drop'
  | 'servfail'
  | 'nxdomain'
  /** Gives its own address for every name, as resolvers with a search page do. */
  | 'lie';

export interface LoopbackDns {
  /** `127.0.0.1:port` of each resolver, for DNS_RESOLVERS. */
  resolvers: string[];
  records(): ZoneRecord[];
  /** Replaces all records of an owner (a provider's record id); without records, removes them. */
  set(owner: string, records: ZoneRecord[]): void;
  remove(owner: string): void;
  /** Sets the fault of one resolver. */
  fault(resolver: number, fault: ResolverFault): void;
  /** Leaves all queries for a name unanswered (`held`), or answers them again. */
  hold(name: string, held: boolean): void;
  /** Names that were queried while they were held. */
  waiting: Set<string>;
  /** New records become visible this many milliseconds after they were set. */
  propagationDelayMs: number;
  stop(): Promise<void>;
}

type Resource = InstanceType<typeof Packet>['answers'][number];

interface Owned {
  records: ZoneRecord[];
  visibleAt: number;
}

const HOST = '127.0.0.1';
const TTL_SECONDS = 1;
const LIES: ZoneRecord[] = [
  { name: '', type: 'A', value: '198.51.100.1' },
  { name: '', type: 'AAAA', value: '2001:db8::1' },
];

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Converts a record for dns2, which encodes these fields. Its types also require a method. */
function answerFor({ name, type, value }: ZoneRecord): Resource {
  const data =
    type === 'CNAME' ? { domain: value } : type === 'TXT' ? { data: value } : { address: value };
  const fields = { name, type: Packet.TYPE[type], class: Packet.CLASS.IN, ttl: TTL_SECONDS };
  return { ...fields, ...data } as unknown as Resource;
}

/** Starts a resolver on each port (0 for a free one); all serve one zone. */
export async function startLoopbackDns({
  host = HOST,
  ports = [0, 0, 0],
}: {
  host?: string;
  ports?: number[];
} = {}): Promise<LoopbackDns> {
  const zone = new Map<string, Owned>();
  const held = new Set<string>();
  const faults: ResolverFault[] = ports.map(() => 'none');
  const visible = () =>
    [...zone.values()].filter((owned) => owned.visibleAt <= Date.now()).flatMap((o) => o.records);

  /** The records of a name or, where it has none, of the wildcard beside or above it (RFC 4592). */
  function recordsOf(name: string): ZoneRecord[] {
    const all = visible();
    const exact = all.filter((record) => same(record.name, name));
    if (exact.length > 0) return exact;
    const [, ...rest] = name.split('.');
    for (; rest.length > 0; rest.shift()) {
      const above = rest.join('.');
      const wild = all.filter((record) => same(record.name, `*.${above}`));
      if (wild.length > 0) return wild.map((record) => ({ ...record, name }));
      if (all.some((record) => same(record.name, above))) return [];
    }
    return [];
  }

  /** The records that answer a query; a CNAME answers queries of every type for its name. */
  function lookUp(name: string, type: number): { known: boolean; answers: ZoneRecord[] } {
    const ofName = recordsOf(name);
    const answers = ofName.filter((r) => Packet.TYPE[r.type] === type || r.type === 'CNAME');
    return { known: ofName.length > 0, answers };
  }

  function startResolver(index: number) {
    return createUDPServer((request, send) => {
      const fault = faults[index];
      if (fault === 'drop') return;
      const asked = request.questions[0]?.name ?? '';
      if (held.has(asked)) return void dns.waiting.add(asked);
      const response = Packet.createResponseFromRequest(request);
      response.header.aa = 1;
      const [question] = request.questions;
      const lies = LIES.filter((lie) => Packet.TYPE[lie.type] === question?.type);
      const { known, answers } =
        fault === 'lie'
          ? { known: true, answers: lies.map((lie) => ({ ...lie, name: asked })) }
          : lookUp(asked, question?.type ?? 0);
      if (fault === 'servfail') response.header.rcode = Packet.RCODE.SERVFAIL;
      else if (fault === 'nxdomain' || !known) response.header.rcode = Packet.RCODE.NXDOMAIN;
      else response.answers.push(...answers.map(answerFor));
      send(response);
    });
  }

  const servers = ports.map((_, index) => startResolver(index));
  await Promise.all(servers.map((server, index) => server.listen(ports[index]!, host)));

  const dns: LoopbackDns = {
    resolvers: servers.map((server) => `${HOST}:${server.address().port}`),
    records: visible,
    set: (owner, records) =>
      zone.set(owner, { records, visibleAt: Date.now() + dns.propagationDelayMs }),
    remove: (owner) => zone.delete(owner),
    fault(resolver, fault) {
      faults[resolver] = fault;
    },
    hold(name, isHeld) {
      if (isHeld) held.add(name);
      else held.delete(name);
    },
    waiting: new Set(),
    propagationDelayMs: 0,
    async stop() {
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      );
    },
  };
  return dns;
}
