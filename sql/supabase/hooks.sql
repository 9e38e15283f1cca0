-- What Supabase Auth has to be told: two hooks, to be installed by the owner of the schema after
-- `npm run migrate` and enabled in the project's settings (docs/supabase.md). They can be applied
-- again after each release. Both read the projections and write nothing.

-- Hooks are called by supabase_auth_admin, which exists at Supabase.
DO $$
BEGIN
  CREATE ROLE supabase_auth_admin NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$;

-- What each role may do: the same catalogue as the setting GRANTABLE_ROLES, so that nobody grants
-- more than they hold. A role that is not listed may do nothing here.
CREATE TABLE IF NOT EXISTS role_permissions (
  role text NOT NULL,
  permission text NOT NULL,
  PRIMARY KEY (role, permission)
);
ALTER TABLE role_permissions ENABLE ROW LEVEL SECURITY;
-- The defaults of GRANTABLE_ROLES; a table that has rows is the operator's.
INSERT INTO role_permissions
SELECT role, permission
FROM unnest(ARRAY['provider_admin', 'partner_admin']) AS role,
  unnest(ARRAY['user.invite', 'organization.configure_sso']) AS permission
WHERE NOT EXISTS (SELECT FROM role_permissions);

-- The organization whose identity provider this is. A provider speaks for the domains that its
-- organization has proved, and for no other address.
CREATE OR REPLACE FUNCTION a4c_organization_of_provider(provider text, email text) RETURNS uuid
LANGUAGE sql STABLE SET search_path = public, extensions, pg_temp AS $$
  SELECT s.org_id FROM sso_configurations_projection s
    JOIN organization_domains_projection d ON d.org_id = s.org_id AND d.status = 'verified'
  WHERE provider = 'sso:' || s.provider_id AND s.status = 'active'
    AND d.domain = lower(split_part(email, '@', 2))
$$;

-- What an account is a member of. One that an identity provider has made is another account than
-- the invited one, because Supabase Auth never joins the two: it has the memberships of its address
-- in the provider's own organization, and none elsewhere.
CREATE OR REPLACE FUNCTION a4c_memberships(p_user_id uuid, provider text, p_email text)
RETURNS TABLE (org_id uuid, roles text[], scope text, since timestamptz)
LANGUAGE sql STABLE SET search_path = public, extensions, pg_temp AS $$
  SELECT m.org_id, m.roles, m.scope, m.since FROM memberships_of(p_user_id) m
  WHERE provider IS NULL OR provider NOT LIKE 'sso:%'
  UNION ALL
  SELECT m.org_id, array_agg(DISTINCT role ORDER BY role), coalesce(o.path::text, ''), min(m.since)
  FROM memberships_projection m
    JOIN organizations_projection o USING (org_id)
    CROSS JOIN LATERAL unnest(m.roles) AS role
  WHERE provider LIKE 'sso:%' AND m.email = lower(p_email) AND m.ended_at IS NULL
    AND m.org_id = a4c_organization_of_provider(provider, p_email) AND takes_members(o.status)
  GROUP BY m.org_id, o.path
  ORDER BY since, org_id
$$;

-- Custom access token hook: adds org_id, org_type, memberships and effective_permissions. The
-- organization is the one in app_metadata while the person is a member there, or else the first.
CREATE OR REPLACE FUNCTION a4c_custom_access_token(event jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  claims jsonb := (event -> 'claims') - ARRAY['org_id', 'org_type', 'memberships', 'effective_permissions'];
  metadata CONSTANT jsonb := coalesce(event #> '{claims,app_metadata}', '{}');
  memberships jsonb;
  permissions jsonb;
  org organizations_projection;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_object('org_id', m.org_id, 'roles', m.roles, 'scope', m.scope)
      ORDER BY m.since, m.org_id), '[]')
  INTO memberships
  FROM a4c_memberships((event ->> 'user_id')::uuid, metadata ->> 'provider', event #>> '{claims,email}') m;
  SELECT o.* INTO org FROM jsonb_array_elements(memberships) WITH ORDINALITY AS m (value, place)
    JOIN organizations_projection o ON o.org_id = (m.value ->> 'org_id')::uuid
  ORDER BY (m.value ->> 'org_id' = metadata ->> 'org_id') DESC NULLS LAST, m.place LIMIT 1;
  SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('p', r.permission, 's', m.value ->> 'scope')), '[]')
  INTO permissions
  FROM jsonb_array_elements(memberships) AS m (value)
    JOIN role_permissions r ON m.value -> 'roles' ? r.role
  WHERE (m.value ->> 'org_id')::uuid = org.org_id AND m.value ->> 'scope' <> '';
  claims := claims || jsonb_build_object('memberships', memberships, 'effective_permissions', permissions);
  IF org.org_id IS NOT NULL THEN
    claims := claims || jsonb_build_object('org_id', org.org_id, 'org_type', org.type);
  END IF;
  RETURN jsonb_build_object('claims', claims);
END $$;

-- Before user created hook. An identity provider makes accounts for the proved domains of its own
-- organization alone; and nobody signs up beside an identity provider with an address for which it
-- speaks. Accounts of invitations are made by the admin API, which does not call this hook.
CREATE OR REPLACE FUNCTION a4c_before_user_created(event jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  provider CONSTANT text := coalesce(event #>> '{user,app_metadata,provider}', '');
  email CONSTANT text := coalesce(event #>> '{user,email}', '');
  refusal text;
BEGIN
  IF provider LIKE 'sso:%' THEN
    IF a4c_organization_of_provider(provider, email) IS NULL THEN
      refusal := 'This identity provider does not speak for the domain of this address.';
    END IF;
  ELSIF EXISTS (
    SELECT 1 FROM organization_domains_projection d
      JOIN sso_configurations_projection s ON s.org_id = d.org_id AND s.status = 'active'
    WHERE d.status = 'verified' AND d.domain = lower(split_part(email, '@', 2))
  ) THEN
    refusal := 'Addresses of this domain sign in through their organization.';
  END IF;
  IF refusal IS NULL THEN
    RETURN '{}';
  END IF;
  RETURN jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', refusal));
END $$;

REVOKE ALL ON role_permissions FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION a4c_organization_of_provider, a4c_memberships, a4c_custom_access_token,
  a4c_before_user_created FROM PUBLIC;
DO $$
DECLARE
  web_role text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format('REVOKE ALL ON role_permissions FROM %I', web_role);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION a4c_organization_of_provider, a4c_memberships,
      a4c_custom_access_token, a4c_before_user_created FROM %I', web_role);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO supabase_auth_admin;
GRANT EXECUTE ON FUNCTION a4c_custom_access_token, a4c_before_user_created TO supabase_auth_admin;
