/** What business counts leave out. */
import { sql } from 'kysely';

type OfOrganizations = 'workflow_runs_projection' | 'user_invitations_projection';

/** True for rows of organizations that are no canaries. For large tables, too: it is an anti-join. */
export const isNoCanarys = (table: OfOrganizations) =>
  sql<boolean>`NOT EXISTS (SELECT 1 FROM organizations_projection canary
    WHERE canary.org_id = ${sql.ref(`${table}.org_id`)} AND canary.kind = 'canary')`;
