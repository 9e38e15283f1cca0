/** Generates `docs/logs.md` from the table of log fields. */
import { LOG_FIELDS, type LogField } from '#kernel/telemetry/logging/logFields.ts';

const TYPES: Record<LogField['type'], string> = {
  string: 'string',
  number: 'number',
  strings: 'list of strings',
  objects: 'list of objects',
};

const INTRODUCTION = `# Logs

<!-- Made by \`npm run generate\` from src/kernel/telemetry/logging/logFields.ts. -->

API and worker write one JSON object a line to standard output. Which lines, \`LOG_LEVEL\` says. What is not in
this table is in no line: another field does not compile, and a test reads the lines of a running stack.
Messages are the same words each time, so that they can be counted. No line has a secret, an address of a
person, or the message of an error. A line that cannot be written now is kept for a while, then dropped and
counted as \`log_lines_dropped_total\`: work never waits for whoever reads the logs.

| field | type | on | meaning |
| --- | --- | --- | --- |
`;

const LINKS = `
## From a line to its trace, its run and its organization

| a line has | it leads to | how |
| --- | --- | --- |
| \`trace_id\` | the trace | in the trace store, by its id; exported are a share of the traces ([settings](settings.md#tracing)) and all in which something failed |
| \`workflow_id\`, \`run_id\` | the run | \`<Temporal Web UI>/namespaces/<namespace>/workflows/<workflow_id>/<run_id>\`, or \`temporal workflow show --workflow-id <workflow_id>\` |
| \`workflow_id\` of a bootstrap | the organization | the id after \`org-bootstrap-\`: \`<console>/organizations/<id>\`, and its events at \`<API>/api/v1/organizations/<id>/lineage\` |
| \`correlation_id\` | all lines of one request, in both processes, and its events | search for it in the logs; in the event store: \`SELECT event_type, created_at FROM domain_events WHERE event_metadata ->> 'correlation_id' = '…' ORDER BY created_at\` |

\`dashboards/provisioning/datasources.yml\` has these as derived fields of Grafana's data source for logs: each line
shows its links. From a trace back to its lines, the data source for traces searches by \`trace_id\`.

## To a collector

Lines always go to standard output. With \`OTEL_EXPORTER_OTLP_ENDPOINT\` or \`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\` they
are also sent over OTLP, as records with severity, trace and the fields above as attributes;
\`OTEL_LOGS_EXPORTER=none\` switches this off, and \`OTEL_EXPORTER_OTLP_PROTOCOL\`, \`OTEL_EXPORTER_OTLP_HEADERS\` and
\`OTEL_BLRP_*\` mean what the standard says. A collector that does not answer holds up nothing: records that
it does not take are dropped there, and are still in standard output.
`;

const rowOf = ([name, { type, on, meaning }]: [string, LogField]): string =>
  `| \`${name}\` | ${TYPES[type]} | ${on} | ${meaning} |`;

/** The whole page. */
export const logsPage = (): string =>
  `${INTRODUCTION}${Object.entries<LogField>(LOG_FIELDS).map(rowOf).join('\n')}\n${LINKS}`;
