/** Generates `docs/settings.md` from the schemas that check the settings of every role. */
import { z } from 'zod';

export type Schemas = Readonly<Record<string, z.ZodObject>>;

/** A heading of the page, and a pattern of the settings below it. */
interface SettingGroup {
  title: string;
  names: RegExp;
}

/** JSON Schema of one setting, with the values of `.describe` and `.meta`. */
interface Property {
  description?: string;
  secret?: boolean;
  default?: unknown;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
}

/** One table row: a setting, and the roles that read it with the same schema. */
interface Row {
  name: string;
  roles: string[];
  secret: boolean;
  absent: string;
  meaning: string;
}

/**
 * Roles of an installation, first on the page; settings of other roles only are for tools and
 * tests.
 */
const INSTALLED = ['api', 'worker', 'migrate', 'trigger'];
const TOOLS = 'Tools and tests';

/** A setting belongs to the first group whose pattern matches its name. */
const GROUPS: readonly SettingGroup[] = [
  {
    title: 'The process',
    names:
      /^(LOG_|DEPLOYMENT_|BUILD_|SECRETS_|METRICS_|HEALTH_INTERVAL_|DEPENDENCY_CHECK_|PROVIDER_CHECK_)/,
  },
  { title: 'PostgreSQL', names: /^(MIGRATION_)?DATABASE_/ },
  { title: 'Temporal', names: /^TEMPORAL_/ },
  { title: 'The worker', names: /^(WORKER_|HEALTH_CHECK_PORT)/ },
  { title: 'HTTP', names: /^(PORT|HTTP_|CORS_|BODY_|REQUEST_|ENABLE_|TRUST|PUBLIC_|FRONTEND_)/ },
  { title: 'Tokens and accounts', names: /^(SUPABASE_|JWT_|MEMBERSHIP_)/ },
  { title: 'DNS', names: /^(PLATFORM_BASE_DOMAIN|CLOUDFLARE_|DNS_)/ },
  { title: 'Mail', names: /^(EMAIL_|RESEND_|SMTP_|MAILS?_|SUPPORT_EMAIL)/ },
  { title: 'Invitations', names: /^(INVITATION_|GRANTABLE_ROLES$)/ },
  { title: 'Single sign-on and domains', names: /^(SSO_|DOMAIN_)/ },
  { title: 'The canary', names: /^CANARY_/ },
  { title: 'Retries and repair', names: /^(ACTIVITY_|COMPENSATION_|RECONCILE_)/ },
];

/** Command that starts a role, where it differs from the role's name. */
const COMMANDS: Record<string, string> = {
  migrate: 'migrate, ops',
  trigger: 'trigger-workflow, ops',
  integration: 'test:integration',
  dev: 'dev, demo, tests',
};

const INTRODUCTION = `# Settings

<!-- Made by \`npm run generate\` from the schemas in code. -->

Every role reads its settings from the environment, checks all of them at start and lists every
problem at once. An empty value counts as not set. Names that end in \`_SECONDS\` are in seconds.
A setting with 🔒 is a secret: keep it in a secret store
([how each is rotated](runbooks/operations/secrets.md)).

[Operations](operations.md#against-real-services) tells what an installation needs; the Edge
Function has [settings of its own](../edge/organization-bootstrap/README.md#deploy).
`;

const HEADER = '| setting | roles | default | meaning |\n| --- | --- | --- | --- |';

const TRACING = `## Tracing

The standard variables of OpenTelemetry. Endpoint, headers and limits are read by its SDK.

${HEADER}
| \`OTEL_EXPORTER_OTLP_ENDPOINT\` | api, worker | not set | where traces and log lines are sent, over OTLP and HTTP; without it (or \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\`) none are exported |
| \`OTEL_TRACES_EXPORTER\` | api, worker | \`otlp\` | \`none\` exports no traces |
| \`OTEL_LOGS_EXPORTER\` | api, worker | \`otlp\` | \`none\` exports no log lines ([logs](logs.md#to-a-collector)); standard output has them anyway |
| \`OTEL_TRACES_SAMPLER\` | api, worker | \`always_on\` | \`traceidratio\` exports a share of the traces, \`always_off\` none; traces in which something failed are exported in any case |
| \`OTEL_TRACES_SAMPLER_ARG\` | api, worker | \`1\` | that share, from 0 to 1 |
| \`OTEL_SERVICE_NAME\` | api, worker | \`a4c-<role>\` | name of the service in traces |
| \`OTEL_SDK_DISABLED\` | api, worker | \`false\` | true: no spans are made at all |
`;

/** Puts the roles of an installation before the others. */
const inOrder = (roles: readonly string[]): string[] => [
  ...INSTALLED.filter((role) => roles.includes(role)),
  ...roles.filter((role) => !INSTALLED.includes(role)),
];

const propertiesOf = (schema: z.ZodObject): Record<string, Property> =>
  (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {}) as Record<
    string,
    Property
  >;

/** The column "Default": `required`, or the value that is used without the setting. */
function absence(setting: z.ZodType, { default: fallback }: Property): string {
  if (!setting.safeParse(undefined).success) return 'required';
  return fallback === undefined || fallback === '' ? 'not set' : `\`${fallback}\``;
}

/** Allowed values, where the schema has a list or a range; flags have none. */
function allowed({ enum: values = [], minimum, maximum }: Property): string {
  if (values.length > 0 && !values.includes('true')) {
    return ` (${values.map((value) => `\`${value}\``).join(', ')})`;
  }
  return minimum !== undefined && maximum !== undefined ? ` (${minimum} to ${maximum})` : '';
}

/** Roles with the same schema of a setting share a row. */
function rowsOf(schemas: Schemas): Row[] {
  const rows = new Map<string, Row>();
  for (const role of inOrder(Object.keys(schemas))) {
    const schema = schemas[role]!;
    for (const [name, property] of Object.entries(propertiesOf(schema))) {
      const absent = absence(schema.shape[name] as z.ZodType, property);
      const meaning = `${property.description ?? ''}${allowed(property)}`;
      const key = [name, absent, meaning].join('\n');
      const row = rows.get(key) ?? { name, roles: [], secret: !!property.secret, absent, meaning };
      row.roles.push(role);
      rows.set(key, row);
    }
  }
  return [...rows.values()];
}

function titleOf({ name, roles }: Row): string | undefined {
  if (!roles.some((role) => INSTALLED.includes(role))) return TOOLS;
  return GROUPS.find(({ names }) => names.test(name))?.title;
}

function lineOf({ name, roles, secret, absent, meaning }: Row): string {
  const commands = roles.flatMap((role) => (COMMANDS[role] ?? role).split(', '));
  const cells = [[...new Set(commands)].join(', '), absent, meaning];
  return `| \`${name}\`${secret ? ' 🔒' : ''} | ${cells.join(' | ')} |`;
}

/** Problems that prevent a complete row, as sentences that say what to change. */
export function settingsPageProblems(schemas: Schemas): string[] {
  const undescribed = Object.entries(schemas).flatMap(([role, schema]) =>
    Object.entries(propertiesOf(schema))
      .filter(([, { description }]) => !description)
      .map(([name]) => `${name} (${role}): say its meaning with .describe() where it is defined`),
  );
  const homeless = rowsOf(schemas)
    .filter((row) => !titleOf(row))
    .map(({ name }) => `${name}: add it to a group in tools/docs/settingsPage.ts`);
  return [...undescribed, ...homeless];
}

/** The whole page: one table per group. */
export function settingsPage(schemas: Schemas): string {
  const rows = rowsOf(schemas);
  const tables = [...GROUPS.map(({ title }) => title), TOOLS].map((title) => {
    const lines = rows.filter((row) => titleOf(row) === title).map(lineOf);
    return `## ${title}\n\n${[HEADER, ...lines].join('\n')}\n`;
  });
  tables.splice(-1, 0, TRACING);
  return [INTRODUCTION, ...tables].join('\n');
}

/** Names of the secrets that the roles of an installation read. */
export const secretNames = (schemas: Schemas): string[] => [
  ...new Set(
    rowsOf(schemas)
      .filter((row) => row.secret && titleOf(row) !== TOOLS)
      .map(({ name }) => name),
  ),
];
