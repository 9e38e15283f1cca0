/** Prints a demonstration: line by line for a person, or as one JSON document. */

import type { Platform } from '#dev/embedded/platform.ts';
import { duration, labelled, styled } from '#dev/embedded/terminal.ts';
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import type { DemoPart } from './demoPart.ts';
import type { DemoSummary } from './demoSummary.ts';
import type { EndedStep } from './followRun.ts';
import type { SampleOrganization } from './sampleOrganization.ts';

export interface Accepted {
  workflowId: string;
  organizationId: string;
  correlationId: string;
}

export interface DemoTimes {
  /** Milliseconds from the start of the command until API and worker are ready. */
  readyMs: number;
  /** Milliseconds from the start of the command until the organization is active. */
  activeMs: number;
  /** Milliseconds from the request until the organization is active. */
  bootstrapMs: number;
}

export interface DemoOutput {
  started(part: string, ms: number): void;
  note(message: string): void;
  requested(platform: Platform, body: SampleOrganization, accepted: Accepted): void;
  step(step: EndedStep): void;
  /** Prints what the bootstrap created. */
  result(summary: DemoSummary): void;
  /** Prints a part of the full demonstration that has ended. */
  part(part: DemoPart): void;
  /** Prints what all parts created, and the addresses where to look at it. */
  ended(platform: Platform, summary: DemoSummary, accepted: Accepted, times: DemoTimes): void;
  failed(reason: string): void;
}

const MARK: Record<EndedStep['status'], string> = {
  completed: styled('green', '✔'),
  failed: styled('red', '✘'),
  skipped: styled('dim', '-'),
  pending: ' ',
  running: ' ',
};
const row = (step: string, time: string, event: string, correlationId: string): string =>
  `${step.padEnd(24)} ${time.padStart(8)}   ${event.padEnd(36)} ${correlationId}`.trimEnd();

const HEADER = `\n  ${styled('dim', row('STEP', 'TIME', 'EVENT', 'CORRELATION ID'))}`;
const title = (text: string): void => console.log(`\n${styled('bold', text)}`);

function printStep({ step, status, durationMs, events }: EndedStep): void {
  const [first, ...others] = events.map(({ eventType, eventMetadata }) => ({
    type: eventType,
    id: eventMetadata.correlation_id ?? '',
  }));
  const time = status === 'skipped' ? 'skipped' : duration(durationMs);
  console.log(`${MARK[status]} ${row(step, time, first?.type ?? '', first?.id ?? '')}`);
  for (const { type, id } of others) console.log(`  ${row('', '', type, id)}`);
}

/** Splits a camelCase name into words: `linkBefore` becomes `Link before`. */
const spaced = (name: string): string =>
  name
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/[A-Z]/g, (letter, at) => (at ? ` ${letter.toLowerCase()}` : letter));

/** Prints each event with the activity that emitted it and the time since the previous event. */
function printPart({ title: text, workflowId, startedAt, facts, events }: DemoPart): void {
  title(text);
  console.log(labelled('Workflow', workflowId));
  console.log(HEADER);
  let previous = startedAt;
  for (const { eventType, eventMetadata, createdAt } of events) {
    const at = new Date(createdAt).getTime();
    const step = (eventMetadata.activity_id ?? 'request').replace(/Activity$/, '');
    const time = at < startedAt ? 'before' : duration(at - previous);
    const { correlation_id: id = '' } = eventMetadata;
    console.log(`${MARK.completed} ${row(step, time, eventType, id)}`);
    previous = Math.max(at, startedAt);
  }
  console.log();
  for (const [name, value] of Object.entries(facts)) console.log(labelled(spaced(name), value));
}

function printLineage({ lineage }: DemoSummary): void {
  title(`Lineage under correlation id ${lineage.correlationIds.join(', ')}`);
  for (const { workflowId, runId, activities } of lineage.runs) {
    console.log(`  ${workflowId}  ${styled('dim', runId ? `run ${runId}` : 'before the run')}`);
    for (const { activity, events } of activities) {
      const types = events.map(({ eventType }) => eventType);
      console.log(`    ${(activity ?? 'request').padEnd(32)} ${types.join(', ')}`);
    }
  }
}

function printResult({ lineage, dnsRecords, resolved, mails }: DemoSummary): void {
  const { organization, projections, events } = lineage;
  title('Result');
  const facts = [organization.status, organization.slug, organization.path, organization.orgId];
  console.log(labelled('Organization', `${organization.name}: ${facts.join('  ')}`));
  for (const { name, type, content, proxied } of dnsRecords) {
    const answered = resolved.filter(({ addresses }) => addresses.length > 0);
    console.log(
      labelled(
        'DNS record',
        `${name} ${type} ${content}${proxied ? ' (proxied)' : ''}, ` +
          `answered by ${answered.length} of ${resolved.length} resolvers: ` +
          `${[...new Set(answered.flatMap(({ addresses }) => addresses))].join(', ')}`,
      ),
    );
  }
  for (const { email, roles, status, emailStatus } of projections.invitations) {
    const arrived = mails.filter(({ to }) => to === email).length;
    const told = `${status}, mail ${emailStatus}, ${arrived} in the mailbox`;
    console.log(labelled('Invitation', `${email.padEnd(30)} ${roles.join(', ')}: ${told}`));
  }
  console.log(labelled('Events', `${events.length}, all projected`));
}

export function createTextOutput({ stays }: { stays: boolean }): DemoOutput {
  title('A4C workflows: one organization, end to end, on real parts');
  return {
    started: (part, ms) => console.log(labelled(part, `up after ${duration(ms)}`)),
    note: (message) => console.log(`  ${message}`),
    requested({ apiUrl }, { orgData, subdomain, users }, accepted) {
      title(`Bootstrapping ${orgData.name} (${subdomain}, ${users.length} users) over ${apiUrl}`);
      console.log(labelled('Workflow', accepted.workflowId));
      console.log(labelled('Correlation id', accepted.correlationId));
      console.log(HEADER);
    },
    step: printStep,
    result: printResult,
    part: printPart,
    ended({ stack }, summary, { workflowId }, times) {
      printLineage(summary);
      title('Where to look');
      const run = `${stack.temporal.uiUrl}/namespaces/default/workflows/${workflowId}`;
      console.log(labelled('Temporal Web UI', run));
      console.log(labelled('Mailbox', stack.smtp.mailboxUrl));
      if (!stays) console.log(styled('dim', '  They end now; npm run demo -- --keep stays up.'));
      console.log(
        `\n${styled('green', '✔')} active ${duration(times.activeMs)} after the start of the command ` +
          `(ready after ${duration(times.readyMs)}, bootstrap ${duration(times.bootstrapMs)})`,
      );
    },
    failed: (reason) =>
      console.error(`\n${styled('red', '✘ The demonstration failed:')} ${reason}`),
  };
}

const eventView = ({ id, eventType, eventMetadata }: StoredEvent) => ({
  id,
  type: eventType,
  correlationId: eventMetadata.correlation_id,
});

/** Prints only one JSON document on standard output, at the end. */
export function createJsonOutput(): DemoOutput {
  const steps: object[] = [];
  const parts: Record<string, object> = {};
  const print = (document: object) => console.log(JSON.stringify(document, null, 2));
  const shown = () => ({ steps, ...(Object.keys(parts).length > 0 && { full: parts }) });
  return {
    started() {},
    note: (message) => console.error(message),
    requested() {},
    step: ({ events, ...step }) => void steps.push({ ...step, events: events.map(eventView) }),
    result() {},
    part({ name, title: _title, events, ...part }) {
      parts[name] = { ...part, events: events.map(eventView) };
    },
    ended({ stack }, summary, accepted, times) {
      const temporalUi = `${stack.temporal.uiUrl}/namespaces/default/workflows/${accepted.workflowId}`;
      print({ ok: true, ...accepted, ...times, temporalUi, ...shown(), ...summary });
    },
    failed: (reason) => print({ ok: false, reason, ...shown() }),
  };
}
