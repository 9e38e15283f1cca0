-- The read models. Only the projection functions write them.

CREATE TABLE organizations_projection (
  org_id uuid PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL,
  -- Null until the organization is created: a request that has only been accepted has no place
  -- in the tree yet.
  type text,
  path ltree,
  domain text,
  status text NOT NULL
    CHECK (status IN ('pending', 'provisioning', 'active', 'deactivated', 'failed')),
  -- Null for organizations without a subdomain.
  subdomain_status text CHECK (subdomain_status IN
    ('pending', 'dns_created', 'verifying', 'verified', 'failed', 'skipped', 'removed')),
  parent_org_id uuid,
  partner_type text,
  referring_partner_id uuid,
  -- Contacts, addresses and phones, as they were sent.
  details jsonb NOT NULL DEFAULT '{}'::jsonb,
  cloudflare_record_id text,
  cloudflare_zone_id text,
  failure_stage text,
  bootstrap_error text,
  workflow_id text,
  correlation_id text,
  requested_by text,
  created_at timestamptz NOT NULL,
  activated_at timestamptz,
  deactivated_at timestamptz,
  deactivation_reason text,
  updated_at timestamptz NOT NULL,
  -- Version of the organization's last projected event.
  version bigint NOT NULL
);
-- A failed or deactivated organization gives its slug free.
CREATE UNIQUE INDEX organizations_projection_slug_live ON organizations_projection (slug)
  WHERE status IN ('pending', 'provisioning', 'active');
CREATE INDEX organizations_projection_path ON organizations_projection USING gist (path);
CREATE INDEX organizations_projection_parent ON organizations_projection (parent_org_id);
-- The reconciler asks for the few that are under way.
CREATE INDEX organizations_projection_under_way ON organizations_projection (created_at)
  WHERE status IN ('pending', 'provisioning');

CREATE TABLE user_invitations_projection (
  invitation_id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations_projection (org_id),
  email text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  roles text[] NOT NULL,
  -- SHA-256 of the token, hex; the token itself is nowhere.
  token_hash text NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('pending', 'accepted', 'expired', 'revoked')),
  expires_at timestamptz NOT NULL,
  email_status text NOT NULL CHECK (email_status IN ('pending', 'sent', 'failed')),
  email_sent_at timestamptz,
  email_error text,
  message_id text,
  revoked_at timestamptz,
  revoke_reason text,
  accepted_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX user_invitations_projection_one_pending
  ON user_invitations_projection (org_id, lower(email)) WHERE status = 'pending';
CREATE INDEX user_invitations_projection_org ON user_invitations_projection (org_id);
