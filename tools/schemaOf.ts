/**
 * The schema of a migrated database as text, read from the system catalogues in a stable order: the
 * result of all migrations in one file, to read and to compare. (The embedded PostgreSQL has no
 * pg_dump.)
 */
import type { Client } from 'pg';

const HEADER =
  '-- The schema that the migrations and projections amount to. Made by `npm run generate`.\n';

const TABLES = `SELECT format(E'CREATE TABLE %I (\\n%s\\n);', c.relname, (
    SELECT string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
      coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')), E',\\n' ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS line
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY c.relname`;
const CONSTRAINTS = `SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname,
    pg_get_constraintdef(oid)) AS line
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u')
  ORDER BY conrelid::regclass::text, conname`;
const INDEXES = `SELECT pg_get_indexdef(indexrelid) || ';' AS line FROM pg_index
  WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
  ORDER BY indexrelid::regclass::text`;
const OWN_FUNCTIONS = `FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')`;
const FUNCTIONS = `SELECT trim(pg_get_functiondef(p.oid)) || E';\\n' AS line ${OWN_FUNCTIONS} ORDER BY p.oid::regprocedure::text`;
const TRIGGERS = `SELECT pg_get_triggerdef(oid) || ';' AS line FROM pg_trigger
  WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, tgname`;
const POLICIES = `SELECT format('CREATE POLICY %I ON %I FOR %s TO %s;', policyname, tablename, cmd,
    array_to_string(roles, ', ')) AS line FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname`;
const GRANTS = `SELECT format('GRANT %s ON %s TO %s;', string_agg(privilege_type, ', ' ORDER BY privilege_type),
    table_name, grantee) AS line
  FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee = 'a4c_app'
  GROUP BY table_name, grantee ORDER BY table_name`;
const FUNCTION_GRANTS = `SELECT format('GRANT EXECUTE ON FUNCTION %s TO a4c_app;', p.oid::regprocedure) AS line
  ${OWN_FUNCTIONS} AND p.proacl::text LIKE '%a4c_app=%' ORDER BY 1`;

const SECTIONS: [title: string, sql: string][] = [
  ['Tables', TABLES],
  ['Constraints', CONSTRAINTS],
  ['Indexes', INDEXES],
  ['Functions', FUNCTIONS],
  ['Triggers', TRIGGERS],
  ['Row level security', POLICIES],
  ['Grants', `(${GRANTS}) UNION ALL (${FUNCTION_GRANTS})`],
];

export async function dumpSchema(client: Client): Promise<string> {
  const parts: string[] = [HEADER];
  for (const [title, sql] of SECTIONS) {
    const { rows } = await client.query<{ line: string }>(sql);
    parts.push(`-- ${title}\n\n${rows.map((row) => row.line).join('\n')}\n`);
  }
  return parts.join('\n');
}
