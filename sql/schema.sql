-- The schema that the migrations and projections amount to. Made by `npm run generate`.

-- Tables

CREATE TABLE account_replacements (
  invitation_id uuid NOT NULL,
  former_user_id uuid NOT NULL,
  noted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE account_syncs (
  user_id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  behind_since timestamp with time zone,
  check_at timestamp with time zone,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  last_error text,
  gone_at timestamp with time zone,
  lease uuid,
  leased_until timestamp with time zone
);
CREATE TABLE canary_runs (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  subdomain text NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  onboarded_at timestamp with time zone,
  ended_at timestamp with time zone,
  outcome text,
  reason text,
  cleaned_at timestamp with time zone
);
CREATE TABLE domain_events (
  id uuid NOT NULL,
  event_type text NOT NULL,
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  stream_version bigint NOT NULL,
  event_data jsonb NOT NULL,
  event_metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  processed_at timestamp with time zone,
  created_by uuid,
  tx_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE TABLE event_skips (
  event_id uuid NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  processing_error text,
  skipped_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE event_streams (
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  version bigint NOT NULL,
  blocked_at_version bigint,
  retry_count integer NOT NULL DEFAULT 0,
  next_retry_at timestamp with time zone,
  parked_at timestamp with time zone,
  mismatch_count integer NOT NULL DEFAULT 0
);
CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  organization_id uuid NOT NULL,
  workflow_id text NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE invitation_bounces (
  message_id text NOT NULL,
  invitation_id uuid NOT NULL,
  reason text NOT NULL,
  bounced_at timestamp with time zone NOT NULL
);
CREATE TABLE leases (
  name text NOT NULL,
  holder uuid,
  renewed_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  finished_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE memberships_projection (
  invitation_id uuid NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  email text NOT NULL,
  roles text[] NOT NULL,
  since timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_reason text
);
CREATE TABLE organization_domains_projection (
  claim_id uuid NOT NULL,
  org_id uuid NOT NULL,
  domain text NOT NULL,
  challenge text NOT NULL,
  status text NOT NULL,
  reason text,
  workflow_id text,
  claimed_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL
);
CREATE TABLE organizations_projection (
  org_id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  type text,
  path ltree,
  domain text,
  status text NOT NULL,
  subdomain_status text,
  parent_org_id uuid,
  partner_type text,
  referring_partner_id uuid,
  details jsonb NOT NULL DEFAULT '{}'::jsonb,
  cloudflare_record_id text,
  cloudflare_zone_id text,
  failure_stage text,
  bootstrap_error text,
  workflow_id text,
  correlation_id text,
  requested_by text,
  created_at timestamp with time zone NOT NULL,
  activated_at timestamp with time zone,
  deactivated_at timestamp with time zone,
  deactivation_reason text,
  updated_at timestamp with time zone NOT NULL,
  version bigint NOT NULL,
  dns_created_at timestamp with time zone,
  dns_verified_at timestamp with time zone,
  kind text NOT NULL DEFAULT 'customer'::text
);
CREATE TABLE projection_sources (
  singleton boolean NOT NULL DEFAULT true,
  digest text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
);
CREATE TABLE provider_pace (
  provider text NOT NULL,
  next_at timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  not_before timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone
);
CREATE TABLE rate_limits (
  key character varying(255) NOT NULL,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
CREATE TABLE schemaversion (
  version bigint NOT NULL,
  name text,
  md5 text,
  run_at timestamp with time zone
);
CREATE TABLE sso_configurations_projection (
  configuration_id uuid NOT NULL,
  org_id uuid NOT NULL,
  status text NOT NULL,
  metadata_source text NOT NULL,
  entity_id text,
  sso_url text,
  sso_binding text,
  certificates jsonb NOT NULL DEFAULT '[]'::jsonb,
  certificate_expires_at timestamp with time zone,
  metadata_valid_until timestamp with time zone,
  expiry_warnings jsonb NOT NULL DEFAULT '{}'::jsonb,
  warnings jsonb NOT NULL DEFAULT '[]'::jsonb,
  provider_id text,
  domains text[] NOT NULL DEFAULT '{}'::text[],
  test_token_hash text,
  test_expires_at timestamp with time zone,
  sp_entity_id text,
  callback_url text,
  assertion_hash text,
  failure_stage text,
  failure_type text,
  error text,
  requested_by text,
  workflow_id text,
  correlation_id text,
  created_at timestamp with time zone NOT NULL,
  activated_at timestamp with time zone,
  ended_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL,
  metadata_url text
);
CREATE TABLE superseded_tokens (
  token_hash text NOT NULL,
  invitation_id uuid NOT NULL,
  superseded_at timestamp with time zone NOT NULL
);
CREATE TABLE user_invitations_projection (
  invitation_id uuid NOT NULL,
  org_id uuid NOT NULL,
  email text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  roles text[] NOT NULL,
  token_hash text NOT NULL,
  status text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  email_status text NOT NULL,
  email_sent_at timestamp with time zone,
  email_error text,
  message_id text,
  revoked_at timestamp with time zone,
  revoke_reason text,
  accepted_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  reminders_sent integer NOT NULL DEFAULT 0,
  generation integer NOT NULL DEFAULT 0,
  expired_at timestamp with time zone,
  invited_by_name text,
  user_id uuid,
  linked boolean
);
CREATE TABLE workflow_runs_projection (
  workflow_id text NOT NULL,
  workflow_type text NOT NULL,
  task_queue text NOT NULL,
  org_id uuid NOT NULL,
  started_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  outcome text
);

-- Constraints

ALTER TABLE account_replacements ADD CONSTRAINT account_replacements_pkey PRIMARY KEY (invitation_id, former_user_id);
ALTER TABLE account_syncs ADD CONSTRAINT account_syncs_pkey PRIMARY KEY (user_id);
ALTER TABLE canary_runs ADD CONSTRAINT canary_runs_check CHECK (((ended_at IS NULL) = (outcome IS NULL)));
ALTER TABLE canary_runs ADD CONSTRAINT canary_runs_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'failed'::text, 'cleanup_failed'::text])));
ALTER TABLE canary_runs ADD CONSTRAINT canary_runs_pkey PRIMARY KEY (id);
ALTER TABLE canary_runs ADD CONSTRAINT canary_runs_subdomain_key UNIQUE (subdomain);
ALTER TABLE domain_events ADD CONSTRAINT domain_events_event_type_check CHECK ((event_type ~ '^[a-z_]+(\.[a-z_]+)+$'::text));
ALTER TABLE domain_events ADD CONSTRAINT domain_events_pkey PRIMARY KEY (id);
ALTER TABLE event_skips ADD CONSTRAINT event_skips_actor_check CHECK ((length(TRIM(BOTH FROM actor)) > 0));
ALTER TABLE event_skips ADD CONSTRAINT event_skips_event_id_fkey FOREIGN KEY (event_id) REFERENCES domain_events(id);
ALTER TABLE event_skips ADD CONSTRAINT event_skips_pkey PRIMARY KEY (event_id);
ALTER TABLE event_skips ADD CONSTRAINT event_skips_reason_check CHECK ((length(TRIM(BOTH FROM reason)) > 0));
ALTER TABLE event_streams ADD CONSTRAINT event_streams_pkey PRIMARY KEY (aggregate_type, aggregate_id);
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key);
ALTER TABLE invitation_bounces ADD CONSTRAINT invitation_bounces_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES user_invitations_projection(invitation_id);
ALTER TABLE invitation_bounces ADD CONSTRAINT invitation_bounces_pkey PRIMARY KEY (message_id);
ALTER TABLE leases ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE memberships_projection ADD CONSTRAINT memberships_projection_check CHECK (((ended_at IS NULL) = (end_reason IS NULL)));
ALTER TABLE memberships_projection ADD CONSTRAINT memberships_projection_email_check CHECK ((email = lower(email)));
ALTER TABLE memberships_projection ADD CONSTRAINT memberships_projection_pkey PRIMARY KEY (invitation_id);
ALTER TABLE organization_domains_projection ADD CONSTRAINT organization_domains_projection_domain_check CHECK ((domain = lower(domain)));
ALTER TABLE organization_domains_projection ADD CONSTRAINT organization_domains_projection_org_id_fkey FOREIGN KEY (org_id) REFERENCES organizations_projection(org_id) DEFERRABLE;
ALTER TABLE organization_domains_projection ADD CONSTRAINT organization_domains_projection_pkey PRIMARY KEY (claim_id);
ALTER TABLE organization_domains_projection ADD CONSTRAINT organization_domains_projection_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'verified'::text, 'rejected'::text, 'released'::text])));
ALTER TABLE organizations_projection ADD CONSTRAINT organizations_projection_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'canary'::text])));
ALTER TABLE organizations_projection ADD CONSTRAINT organizations_projection_pkey PRIMARY KEY (org_id);
ALTER TABLE organizations_projection ADD CONSTRAINT organizations_projection_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'provisioning'::text, 'active'::text, 'deleting'::text, 'deactivated'::text, 'failed'::text])));
ALTER TABLE organizations_projection ADD CONSTRAINT organizations_projection_subdomain_status_check CHECK ((subdomain_status = ANY (ARRAY['pending'::text, 'dns_created'::text, 'verifying'::text, 'verified'::text, 'failed'::text, 'skipped'::text, 'removed'::text])));
ALTER TABLE projection_sources ADD CONSTRAINT projection_sources_pkey PRIMARY KEY (singleton);
ALTER TABLE projection_sources ADD CONSTRAINT projection_sources_singleton_check CHECK (singleton);
ALTER TABLE provider_pace ADD CONSTRAINT provider_pace_pkey PRIMARY KEY (provider);
ALTER TABLE rate_limits ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);
ALTER TABLE schemaversion ADD CONSTRAINT schemaversion_pkey PRIMARY KEY (version);
ALTER TABLE sso_configurations_projection ADD CONSTRAINT sso_configurations_projection_assertion_hash_key UNIQUE (assertion_hash);
ALTER TABLE sso_configurations_projection ADD CONSTRAINT sso_configurations_projection_org_id_fkey FOREIGN KEY (org_id) REFERENCES organizations_projection(org_id) DEFERRABLE;
ALTER TABLE sso_configurations_projection ADD CONSTRAINT sso_configurations_projection_pkey PRIMARY KEY (configuration_id);
ALTER TABLE sso_configurations_projection ADD CONSTRAINT sso_configurations_projection_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'validated'::text, 'configured'::text, 'testing'::text, 'tested'::text, 'active'::text, 'failed'::text, 'cancelled'::text, 'deactivated'::text, 'replaced'::text])));
ALTER TABLE sso_configurations_projection ADD CONSTRAINT sso_configurations_projection_test_token_hash_key UNIQUE (test_token_hash);
ALTER TABLE superseded_tokens ADD CONSTRAINT superseded_tokens_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES user_invitations_projection(invitation_id);
ALTER TABLE superseded_tokens ADD CONSTRAINT superseded_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE user_invitations_projection ADD CONSTRAINT user_invitations_projection_email_status_check CHECK ((email_status = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'unknown'::text, 'bounced'::text])));
ALTER TABLE user_invitations_projection ADD CONSTRAINT user_invitations_projection_org_id_fkey FOREIGN KEY (org_id) REFERENCES organizations_projection(org_id) DEFERRABLE;
ALTER TABLE user_invitations_projection ADD CONSTRAINT user_invitations_projection_pkey PRIMARY KEY (invitation_id);
ALTER TABLE user_invitations_projection ADD CONSTRAINT user_invitations_projection_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'expired'::text, 'revoked'::text])));
ALTER TABLE user_invitations_projection ADD CONSTRAINT user_invitations_projection_token_hash_key UNIQUE (token_hash);
ALTER TABLE workflow_runs_projection ADD CONSTRAINT workflow_runs_projection_check CHECK (((closed_at IS NULL) = (outcome IS NULL)));
ALTER TABLE workflow_runs_projection ADD CONSTRAINT workflow_runs_projection_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text, 'terminated'::text, 'timed_out'::text])));
ALTER TABLE workflow_runs_projection ADD CONSTRAINT workflow_runs_projection_pkey PRIMARY KEY (workflow_id);

-- Indexes

CREATE INDEX account_syncs_behind ON public.account_syncs USING btree (next_attempt_at) WHERE (behind_since IS NOT NULL);
CREATE INDEX account_syncs_check ON public.account_syncs USING btree (check_at) WHERE (check_at IS NOT NULL);
CREATE INDEX canary_runs_ended ON public.canary_runs USING btree (ended_at);
CREATE UNIQUE INDEX canary_runs_one_under_way ON public.canary_runs USING btree ((true)) WHERE (ended_at IS NULL);
CREATE INDEX canary_runs_unclean ON public.canary_runs USING btree (started_at) WHERE (cleaned_at IS NULL);
CREATE INDEX idx_domain_events_activity_id ON public.domain_events USING btree (((event_metadata ->> 'activity_id'::text))) WHERE (processed_at IS NULL);
CREATE UNIQUE INDEX idx_domain_events_aggregate ON public.domain_events USING btree (aggregate_type, aggregate_id, stream_version);
CREATE INDEX idx_domain_events_correlation_id ON public.domain_events USING btree (((event_metadata ->> 'correlation_id'::text)));
CREATE INDEX idx_domain_events_type ON public.domain_events USING btree (event_type, created_at);
CREATE INDEX idx_domain_events_unprocessed ON public.domain_events USING btree (aggregate_type, aggregate_id, stream_version) INCLUDE (created_at) WHERE (processed_at IS NULL);
CREATE INDEX idx_domain_events_workflow_id ON public.domain_events USING btree (((event_metadata ->> 'workflow_id'::text)), event_type);
CREATE INDEX idx_domain_events_workflow_run_id ON public.domain_events USING btree (((event_metadata ->> 'workflow_run_id'::text)));
CREATE INDEX idx_domain_events_workflow_type ON public.domain_events USING btree (((event_metadata ->> 'workflow_type'::text)), event_type) WHERE (processed_at IS NULL);
CREATE INDEX idx_event_streams_blocked ON public.event_streams USING btree (next_retry_at) WHERE (blocked_at_version IS NOT NULL);
CREATE INDEX idx_event_streams_mismatch ON public.event_streams USING btree (mismatch_count) WHERE (mismatch_count > 0);
CREATE INDEX invitation_bounces_invitation ON public.invitation_bounces USING btree (invitation_id);
CREATE INDEX memberships_projection_email ON public.memberships_projection USING btree (email) WHERE (ended_at IS NULL);
CREATE INDEX memberships_projection_org ON public.memberships_projection USING btree (org_id);
CREATE INDEX memberships_projection_user ON public.memberships_projection USING btree (user_id);
CREATE UNIQUE INDEX organization_domains_projection_one_claim ON public.organization_domains_projection USING btree (org_id, domain) WHERE (status = ANY (ARRAY['pending'::text, 'verified'::text]));
CREATE UNIQUE INDEX organization_domains_projection_one_owner ON public.organization_domains_projection USING btree (domain) WHERE (status = 'verified'::text);
CREATE INDEX organizations_projection_canaries ON public.organizations_projection USING btree (org_id) WHERE (kind = 'canary'::text);
CREATE INDEX organizations_projection_dns_held ON public.organizations_projection USING btree (slug) WHERE ((status = ANY (ARRAY['failed'::text, 'deactivated'::text])) AND (domain IS NOT NULL));
CREATE INDEX organizations_projection_parent ON public.organizations_projection USING btree (parent_org_id);
CREATE INDEX organizations_projection_path ON public.organizations_projection USING gist (path);
CREATE UNIQUE INDEX organizations_projection_slug_live ON public.organizations_projection USING btree (slug) WHERE (status = ANY (ARRAY['pending'::text, 'provisioning'::text, 'active'::text, 'deleting'::text]));
CREATE INDEX organizations_projection_under_way ON public.organizations_projection USING btree (created_at) WHERE (status = ANY (ARRAY['pending'::text, 'provisioning'::text]));
CREATE UNIQUE INDEX sso_configurations_projection_one_active ON public.sso_configurations_projection USING btree (org_id) WHERE (status = 'active'::text);
CREATE UNIQUE INDEX sso_configurations_projection_one_under_way ON public.sso_configurations_projection USING btree (org_id) WHERE (status = ANY (ARRAY['requested'::text, 'validated'::text, 'configured'::text, 'testing'::text, 'tested'::text]));
CREATE INDEX sso_configurations_projection_org ON public.sso_configurations_projection USING btree (org_id, created_at);
CREATE UNIQUE INDEX user_invitations_projection_one_pending ON public.user_invitations_projection USING btree (org_id, lower(email)) WHERE (status = 'pending'::text);
CREATE INDEX user_invitations_projection_org ON public.user_invitations_projection USING btree (org_id);
CREATE INDEX user_invitations_projection_page ON public.user_invitations_projection USING btree (org_id, created_at, invitation_id);
CREATE INDEX workflow_runs_projection_closed ON public.workflow_runs_projection USING btree (closed_at);
CREATE INDEX workflow_runs_projection_open ON public.workflow_runs_projection USING btree (started_at) WHERE (closed_at IS NULL);

-- Functions

CREATE OR REPLACE FUNCTION public.admit_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  stream event_streams;
  stored domain_events;
BEGIN
  INSERT INTO event_streams AS s (aggregate_type, aggregate_id, version)
  VALUES (NEW.aggregate_type, NEW.aggregate_id, 1)
  ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET version = s.version + 1
  RETURNING s.* INTO stream;

  SELECT * INTO stored FROM domain_events d WHERE d.id = NEW.id;
  IF FOUND THEN
    IF (stored.aggregate_type, stored.aggregate_id, stored.event_type)
       IS DISTINCT FROM (NEW.aggregate_type, NEW.aggregate_id, NEW.event_type) THEN
      RAISE EXCEPTION 'event id already belongs to another event' USING ERRCODE = 'unique_violation';
    END IF;
    UPDATE event_streams s SET version = s.version - 1,
      mismatch_count = s.mismatch_count
        + (event_facts(stored.event_data) <> event_facts(NEW.event_data))::int
    WHERE (s.aggregate_type, s.aggregate_id) = (NEW.aggregate_type, NEW.aggregate_id);
    RETURN NULL;
  END IF;

  NEW.stream_version := stream.version;
  NEW.created_at := clock_timestamp();
  NEW.tx_id := pg_current_xact_id();
  NEW.created_by := known_user(NEW.event_metadata ->> 'user_id');
  NEW.event_metadata := NEW.event_metadata - 'processing_error' - 'retry_count';
  -- Set right away: a second UPDATE per event would cost a third of the insert rate.
  NEW.processed_at := CASE WHEN stream.blocked_at_version IS NULL THEN NEW.created_at END;
  RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.append_event(p_id uuid, p_event_type text, p_aggregate_type text, p_aggregate_id uuid, p_event_data jsonb, p_event_metadata jsonb, p_must_project boolean DEFAULT false)
 RETURNS TABLE(id uuid, stream_version bigint, created_at timestamp with time zone, processed boolean, duplicate boolean, processing_error text)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  stored domain_events;
  is_new boolean;
  error text;
BEGIN
  INSERT INTO domain_events (id, event_type, aggregate_type, aggregate_id, stream_version, event_data, event_metadata)
  VALUES (p_id, p_event_type, p_aggregate_type, p_aggregate_id, 0, p_event_data, p_event_metadata);
  is_new := FOUND;
  SELECT * INTO STRICT stored FROM domain_events d WHERE d.id = p_id;
  IF NOT is_new AND stored.processed_at IS NULL THEN
    PERFORM retry_stream(p_aggregate_type, p_aggregate_id);
    SELECT * INTO STRICT stored FROM domain_events d WHERE d.id = p_id;
  END IF;
  error := stored.event_metadata ->> 'processing_error';
  IF p_must_project AND stored.processed_at IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = coalesce(left(error, 5), 'A4C04'),
      MESSAGE = coalesce(error, 'A4C04: an earlier event of this aggregate waits');
  END IF;
  RETURN QUERY SELECT stored.id, stored.stream_version, stored.created_at,
    stored.processed_at IS NOT NULL, NOT is_new, error;
END $function$
;

CREATE OR REPLACE FUNCTION public.block_stream(failed domain_events, error text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  attempts integer := coalesce((failed.event_metadata ->> 'retry_count')::int + 1, 0);
BEGIN
  UPDATE domain_events SET processed_at = NULL,
    event_metadata = event_metadata
      || jsonb_build_object('processing_error', error, 'retry_count', attempts)
  WHERE id = failed.id;
  UPDATE event_streams s SET blocked_at_version = failed.stream_version, retry_count = attempts,
    next_retry_at = clock_timestamp() + least(interval '5 seconds' * 2 ^ least(attempts, 10), interval '1 hour')
  WHERE (s.aggregate_type, s.aggregate_id) = (failed.aggregate_type, failed.aggregate_id);
END $function$
;

CREATE OR REPLACE FUNCTION public.drain_stream(p_aggregate_type text, p_aggregate_id uuid, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  event domain_events;
  projected integer := 0;
BEGIN
  FOR event IN
    SELECT * FROM domain_events d
    WHERE (d.aggregate_type, d.aggregate_id) = (p_aggregate_type, p_aggregate_id)
      AND d.processed_at IS NULL
    ORDER BY d.stream_version LIMIT p_limit
  LOOP
    IF NOT try_project(event) THEN
      RETURN projected;
    END IF;
    UPDATE domain_events SET processed_at = clock_timestamp(),
      event_metadata = event_metadata - 'processing_error'
    WHERE id = event.id;
    projected := projected + 1;
  END LOOP;
  UPDATE event_streams s SET retry_count = 0, parked_at = NULL,
    next_retry_at = CASE WHEN waiting.version IS NOT NULL THEN clock_timestamp() END,
    blocked_at_version = waiting.version
  FROM (
    SELECT min(d.stream_version) AS version FROM domain_events d
    WHERE (d.aggregate_type, d.aggregate_id) = (p_aggregate_type, p_aggregate_id)
      AND d.processed_at IS NULL
  ) waiting
  WHERE (s.aggregate_type, s.aggregate_id) = (p_aggregate_type, p_aggregate_id);
  RETURN projected;
END $function$
;

CREATE OR REPLACE FUNCTION public.event_facts(data jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(data) WHERE key NOT LIKE '%\_at'
$function$
;

CREATE OR REPLACE FUNCTION public.hold_pace(p_provider text, p_seconds double precision)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  INSERT INTO provider_pace AS p (provider, not_before)
  VALUES (p_provider, clock_timestamp() + interval '1 second' * p_seconds)
  ON CONFLICT (provider) DO UPDATE SET not_before = greatest(p.not_before, excluded.not_before)
$function$
;

CREATE OR REPLACE FUNCTION public.is_live(status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT status IN ('pending', 'provisioning', 'active', 'deleting')
$function$
;

CREATE OR REPLACE FUNCTION public.known_user(user_id text)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  -- Runs that were started from a terminal have no user. The name is that of the frozen trigger.
  IF user_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RETURN user_id::uuid;
  END IF;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.live_below(p_org_id uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  WITH RECURSIVE below AS (
    SELECT o.org_id, o.status FROM organizations_projection o WHERE o.parent_org_id = p_org_id
    UNION
    SELECT o.org_id, o.status FROM organizations_projection o
    JOIN below b ON o.parent_org_id = b.org_id
  )
  SELECT count(*)::integer FROM below WHERE is_live(status)
$function$
;

CREATE OR REPLACE FUNCTION public.memberships_of(p_user_id uuid)
 RETURNS TABLE(org_id uuid, roles text[], scope text, invitation_id uuid, since timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  SELECT m.org_id, array_agg(DISTINCT role ORDER BY role), coalesce(o.path::text, ''),
    (array_agg(m.invitation_id ORDER BY m.since DESC, m.invitation_id))[1], min(m.since)
  FROM memberships_projection m
    JOIN organizations_projection o USING (org_id)
    CROSS JOIN LATERAL unnest(m.roles) AS role
  WHERE m.user_id = p_user_id AND m.ended_at IS NULL AND takes_members(o.status)
  GROUP BY m.org_id, o.path
  ORDER BY min(m.since), m.org_id
$function$
;

CREATE OR REPLACE FUNCTION public.note_accounts_behind(p_user_ids uuid[], p_since timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO account_syncs AS s (user_id, behind_since, next_attempt_at)
  SELECT DISTINCT id, p_since, p_since FROM unnest(p_user_ids) AS id ORDER BY id
  ON CONFLICT (user_id) DO UPDATE SET version = s.version + 1, attempts = 0,
    behind_since = coalesce(s.behind_since, excluded.behind_since),
    next_attempt_at = excluded.next_attempt_at
$function$
;

CREATE OR REPLACE FUNCTION public.organization_after(type text, status text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT to_status FROM organization_transitions()
  WHERE event_type = type AND from_status = status
$function$
;

CREATE OR REPLACE FUNCTION public.organization_of(e domain_events)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT coalesce((e.event_data ->> 'org_id')::uuid, e.aggregate_id)
$function$
;

CREATE OR REPLACE FUNCTION public.organization_path(slug text, parent_path ltree)
 RETURNS ltree
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  SELECT (coalesce(parent_path::text || '.', '') || replace(slug, '-', '_'))::ltree
$function$
;

CREATE OR REPLACE FUNCTION public.organization_transitions()
 RETURNS TABLE(event_type text, from_status text, to_status text)
 LANGUAGE sql
 IMMUTABLE
AS $function$
  VALUES
    ('organization.bootstrap.initiated', 'absent', 'pending'),
    ('organization.created', 'absent', 'provisioning'),
    ('organization.created', 'pending', 'provisioning'),
    ('organization.subdomain.dns_created', 'provisioning', 'provisioning'),
    ('organization.subdomain.verified', 'provisioning', 'provisioning'),
    ('organization.subdomain.verification_skipped', 'provisioning', 'provisioning'),
    ('organization.activated', 'provisioning', 'active'),
    ('organization.bootstrap.failed', 'pending', 'failed'),
    ('organization.bootstrap.failed', 'provisioning', 'failed'),
    ('organization.bootstrap.failed', 'active', 'active'),
    ('organization.bootstrap.failed', 'deleting', 'deleting'),
    ('organization.bootstrap.failed', 'deactivated', 'deactivated'),
    ('organization.bootstrap.failed', 'failed', 'failed'),
    ('organization.bootstrap.cancelled', 'pending', 'failed'),
    ('organization.bootstrap.cancelled', 'provisioning', 'failed'),
    ('organization.bootstrap.cancelled', 'active', 'active'),
    ('organization.bootstrap.cancelled', 'deleting', 'deleting'),
    ('organization.bootstrap.cancelled', 'deactivated', 'deactivated'),
    ('organization.bootstrap.cancelled', 'failed', 'failed'),
    ('organization.deletion.initiated', 'pending', 'deleting'),
    ('organization.deletion.initiated', 'provisioning', 'deleting'),
    ('organization.deletion.initiated', 'active', 'deleting'),
    ('organization.deletion.initiated', 'deleting', 'deleting'),
    -- What such an organization left is removed; its slug may have a successor by now.
    ('organization.deletion.initiated', 'deactivated', 'deactivated'),
    ('organization.deletion.initiated', 'failed', 'failed'),
    ('organization.deactivated', 'pending', 'deactivated'),
    ('organization.deactivated', 'provisioning', 'deactivated'),
    ('organization.deactivated', 'active', 'deactivated'),
    ('organization.deactivated', 'deleting', 'deactivated'),
    ('organization.deactivated', 'deactivated', 'deactivated'),
    ('organization.deactivated', 'failed', 'deactivated'),
    ('user.invited', 'provisioning', 'provisioning'),
    ('user.invited', 'active', 'active'),
    ('invitation.resent', 'provisioning', 'provisioning'),
    ('invitation.resent', 'active', 'active'),
    ('invitation.accepted', 'active', 'active'),
    ('organization.domain.claimed', 'active', 'active'),
    ('organization.domain.verified', 'active', 'active'),
    ('sso.requested', 'active', 'active'),
    ('sso.metadata_validated', 'active', 'active'),
    ('sso.metadata_refreshed', 'active', 'active'),
    ('sso.provider_configured', 'active', 'active'),
    ('sso.test_requested', 'active', 'active'),
    ('sso.flow_tested', 'active', 'active'),
    ('sso.activated', 'active', 'active')
$function$
;

CREATE OR REPLACE FUNCTION public.project_bootstrap_ended(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET
    status = organization_after(e.event_type, status),
    failure_stage = e.event_data ->> 'failure_stage',
    bootstrap_error = e.event_data ->> 'error_message',
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND OR e.event_data ->> 'failure_stage' = 'organization_creation', e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_bootstrap_initiated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  slug CONSTANT text := e.event_data ->> 'slug';
  parent CONSTANT uuid := (e.event_data #>> '{params,orgData,parentOrgId}')::uuid;
  parent_path ltree;
BEGIN
  SELECT o.path INTO parent_path FROM organizations_projection o WHERE o.org_id = parent;
  PERFORM require_free_path(e, organization_path(slug, parent_path));
  IF e.event_data ->> 'subdomain' IS NOT NULL THEN
    PERFORM require_free_subdomain(e, slug);
  END IF;
  INSERT INTO organizations_projection (org_id, name, slug, kind, status, subdomain_status,
    parent_org_id, workflow_id, correlation_id, requested_by, created_at, updated_at, version)
  VALUES (e.aggregate_id, e.event_data ->> 'name', slug,
    coalesce(e.event_data ->> 'kind', 'customer'),
    organization_after(e.event_type, 'absent'),
    CASE WHEN e.event_data ->> 'subdomain' IS NOT NULL THEN 'pending' END, parent,
    e.event_metadata ->> 'workflow_id', e.event_metadata ->> 'correlation_id',
    e.event_metadata ->> 'user_id', e.created_at, e.created_at, e.stream_version);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_deletion_initiated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_dns_created(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET subdomain_status = 'dns_created',
    domain = e.event_data ->> 'domain',
    cloudflare_record_id = e.event_data ->> 'cloudflare_record_id',
    cloudflare_zone_id = e.event_data ->> 'cloudflare_zone_id',
    dns_created_at = e.created_at,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_dns_removed(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET subdomain_status = 'removed',
    cloudflare_record_id = NULL, cloudflare_zone_id = NULL,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_domain_claimed(e domain_events)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO organization_domains_projection (claim_id, org_id, domain, challenge, status,
    workflow_id, claimed_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, e.event_data ->> 'domain',
    e.event_data ->> 'challenge', 'pending', e.event_metadata ->> 'workflow_id', e.created_at,
    e.created_at)
$function$
;

CREATE OR REPLACE FUNCTION public.project_domain_ended(e domain_events, next text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organization_domains_projection SET status = next, reason = e.event_data ->> 'reason',
    ended_at = e.created_at, updated_at = e.created_at
  WHERE claim_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_domain_released(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organization_domains_projection SET status = 'released',
    reason = e.event_data ->> 'reason', ended_at = e.created_at, updated_at = e.created_at
  WHERE claim_id = e.aggregate_id AND status = 'verified';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_event(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  bootstrap CONSTANT text := 'OrganizationBootstrapWorkflow';
  deletion CONSTANT text := 'OrganizationDeletionWorkflow';
  invitation CONSTANT text := 'UserInvitationWorkflow';
BEGIN
  CASE e.event_type
    WHEN 'organization.bootstrap.initiated' THEN
      PERFORM project_bootstrap_initiated(e);
      PERFORM project_run_started(e, bootstrap);
    WHEN 'organization.created' THEN
      PERFORM project_organization_created(e);
      PERFORM project_run_started(e, bootstrap);
    WHEN 'organization.subdomain.dns_created' THEN PERFORM project_dns_created(e);
    WHEN 'organization.dns.verification_timed_out' THEN PERFORM project_subdomain_status(e, 'verifying');
    WHEN 'organization.subdomain.verified' THEN PERFORM project_subdomain_status(e, 'verified');
    WHEN 'organization.subdomain.failed' THEN PERFORM project_subdomain_status(e, 'failed');
    WHEN 'organization.subdomain.verification_skipped' THEN PERFORM project_subdomain_status(e, 'skipped');
    WHEN 'organization.dns.removed' THEN PERFORM project_dns_removed(e);
    WHEN 'organization.activated' THEN PERFORM project_organization_activated(e);
    WHEN 'organization.deactivated' THEN
      PERFORM project_organization_deactivated(e);
      PERFORM project_memberships_ended(e);
      -- The last event of a deletion; in a bootstrap it is a compensation.
      IF e.event_metadata ->> 'workflow_type' = deletion THEN
        PERFORM project_run_closed(e, deletion, 'completed');
      END IF;
    WHEN 'organization.bootstrap.failed' THEN
      PERFORM project_bootstrap_ended(e);
      PERFORM project_memberships_ended(e);
      PERFORM project_run_closed(e, bootstrap, 'failed');
    WHEN 'organization.bootstrap.cancelled' THEN
      PERFORM project_bootstrap_ended(e);
      PERFORM project_memberships_ended(e);
      PERFORM project_run_closed(e, bootstrap, 'cancelled');
    WHEN 'organization.bootstrap.completed' THEN
      PERFORM touch_organization(e);
      PERFORM project_run_closed(e, bootstrap, 'completed');
    WHEN 'organization.deletion.initiated' THEN
      PERFORM project_deletion_initiated(e);
      PERFORM project_run_started(e, deletion);
    WHEN 'user.invited' THEN
      PERFORM project_user_invited(e);
      IF e.event_metadata ->> 'workflow_type' = invitation THEN
        PERFORM project_run_started(e, invitation);
      END IF;
    WHEN 'invitation.email.sent' THEN PERFORM project_invitation_email_sent(e);
    WHEN 'invitation.email.failed' THEN PERFORM project_invitation_email_failed(e);
    WHEN 'invitation.email.unknown' THEN PERFORM project_invitation_email_unknown(e);
    WHEN 'invitation.email.bounced' THEN PERFORM project_invitation_email_bounced(e);
    WHEN 'invitation.reminder.sent' THEN PERFORM project_invitation_reminded(e);
    WHEN 'invitation.resent' THEN PERFORM project_invitation_resent(e);
    WHEN 'invitation.expired' THEN PERFORM project_invitation_expired(e);
    WHEN 'invitation.accepted' THEN PERFORM project_invitation_accepted(e);
    WHEN 'user.provisioned' THEN
      PERFORM project_user_provisioned(e);
      PERFORM project_membership_granted(e);
    WHEN 'invitation.revoked' THEN
      PERFORM project_invitation_revoked(e);
      IF e.event_metadata ->> 'workflow_type' = invitation THEN
        PERFORM project_run_closed(e, invitation, 'completed');
      END IF;
    WHEN 'sso.requested' THEN
      PERFORM project_sso_requested(e);
      PERFORM project_run_started(e, 'SSOConfigurationWorkflow');
    WHEN 'sso.metadata_validated' THEN PERFORM project_sso_metadata_validated(e);
    WHEN 'sso.provider_configured' THEN PERFORM project_sso_provider_configured(e);
    WHEN 'sso.test_requested' THEN PERFORM project_sso_test_requested(e);
    WHEN 'sso.flow_tested' THEN PERFORM project_sso_flow_tested(e);
    WHEN 'sso.activated' THEN
      PERFORM project_sso_activated(e);
      PERFORM project_run_closed(e, 'SSOConfigurationWorkflow', 'completed');
    WHEN 'sso.failed' THEN
      PERFORM project_sso_failed(e);
      PERFORM project_run_closed(e, 'SSOConfigurationWorkflow', 'failed');
    WHEN 'sso.deactivated' THEN PERFORM project_sso_deactivated(e);
    WHEN 'sso.metadata_refreshed' THEN PERFORM project_sso_metadata_refreshed(e);
    WHEN 'sso.certificate.expiring' THEN PERFORM project_sso_certificate_expiring(e);
    WHEN 'organization.domain.claimed' THEN
      PERFORM project_domain_claimed(e);
      PERFORM project_run_started(e, 'DomainVerificationWorkflow');
    WHEN 'organization.domain.verified' THEN
      PERFORM project_domain_ended(e, 'verified');
      PERFORM project_run_closed(e, 'DomainVerificationWorkflow', 'completed');
    WHEN 'organization.domain.rejected' THEN
      PERFORM project_domain_ended(e, 'rejected');
      PERFORM project_run_closed(e, 'DomainVerificationWorkflow', 'completed');
    WHEN 'organization.domain.released' THEN PERFORM project_domain_released(e);
    ELSE
      RAISE EXCEPTION 'unknown event type %', e.event_type USING ERRCODE = 'A4C01';
  END CASE;
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_accepted(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection SET status = 'accepted',
    accepted_at = (e.event_data ->> 'accepted_at')::timestamptz, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_email_bounced(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  is_valid boolean;
BEGIN
  SELECT generation = (e.event_data ->> 'generation')::int INTO is_valid
  FROM user_invitations_projection WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
  INSERT INTO invitation_bounces (message_id, invitation_id, reason, bounced_at)
  VALUES (e.event_data ->> 'message_id', e.aggregate_id, e.event_data ->> 'reason',
    (e.event_data ->> 'bounced_at')::timestamptz)
  ON CONFLICT DO NOTHING;
  UPDATE user_invitations_projection SET email_status = 'bounced',
    email_error = 'the mail came back (' || (e.event_data ->> 'reason') || ')',
    message_id = CASE WHEN (e.event_data ->> 'reminder')::int = 0
      THEN e.event_data ->> 'message_id' ELSE message_id END,
    updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND is_valid;
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_email_failed(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection
  SET email_status = 'failed', email_error = e.event_data ->> 'reason', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_email_sent(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  -- A mail may be reported as returned before it was recorded as sent.
  UPDATE user_invitations_projection i SET
    email_status = CASE WHEN back.known THEN 'bounced' ELSE 'sent' END,
    email_error = CASE WHEN back.known THEN i.email_error END,
    email_sent_at = (e.event_data ->> 'sent_at')::timestamptz,
    message_id = e.event_data ->> 'message_id', updated_at = e.created_at
  FROM (SELECT EXISTS (
    SELECT FROM invitation_bounces WHERE message_id = e.event_data ->> 'message_id') AS known) back
  WHERE i.invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_email_unknown(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  -- A reminder says nothing about the invitation's own mail.
  UPDATE user_invitations_projection
  SET email_status = CASE WHEN own.mail THEN 'unknown' ELSE email_status END,
    message_id = CASE WHEN own.mail THEN e.event_data ->> 'message_id' ELSE message_id END,
    updated_at = e.created_at
  FROM (SELECT (e.event_data ->> 'reminder')::int = 0 AS mail) own
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_expired(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection
  SET status = 'expired', expired_at = e.created_at, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
  PERFORM project_invitation_run_closed(e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_reminded(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection
  SET reminders_sent = reminders_sent + 1, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_resent(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO superseded_tokens (token_hash, invitation_id, superseded_at)
  SELECT token_hash, invitation_id, e.created_at FROM user_invitations_projection
  WHERE invitation_id = e.aggregate_id
  ON CONFLICT DO NOTHING;
  UPDATE user_invitations_projection SET token_hash = e.event_data ->> 'token_hash',
    generation = (e.event_data ->> 'generation')::integer,
    expires_at = (e.event_data ->> 'expires_at')::timestamptz,
    email_status = 'pending', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_revoked(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection SET status = 'revoked',
    revoked_at = (e.event_data ->> 'revoked_at')::timestamptz,
    revoke_reason = e.event_data ->> 'reason', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status <> 'accepted';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_invitation_run_closed(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  e.event_metadata := e.event_metadata
    || jsonb_build_object('workflow_id', 'user-invitation-' || e.aggregate_id);
  PERFORM project_run_closed(e, 'UserInvitationWorkflow', 'completed');
END $function$
;

CREATE OR REPLACE FUNCTION public.project_membership_granted(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  account CONSTANT uuid := (e.event_data ->> 'user_id')::uuid;
  former uuid[] := ARRAY(SELECT jsonb_array_elements_text(
    coalesce(e.event_data -> 'former_user_ids', '[]'))::uuid);
  organization_status text;
BEGIN
  SELECT o.status INTO organization_status FROM organizations_projection o
  WHERE o.org_id = (e.event_data ->> 'org_id')::uuid FOR SHARE;
  INSERT INTO memberships_projection (invitation_id, user_id, org_id, email, roles, since, ended_at, end_reason)
  SELECT i.invitation_id, account, i.org_id, lower(i.email),
    ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'roles')), e.created_at,
    CASE WHEN NOT takes_members(organization_status) THEN e.created_at END,
    CASE WHEN NOT takes_members(organization_status) THEN 'organization ' || organization_status END
  FROM user_invitations_projection i WHERE i.invitation_id = e.aggregate_id
  ON CONFLICT (invitation_id) DO NOTHING;
  UPDATE memberships_projection SET user_id = account WHERE user_id = ANY (former);
  PERFORM note_accounts_behind(former || account, e.created_at);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_memberships_ended(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  members uuid[];
BEGIN
  WITH ended AS (
    UPDATE memberships_projection m SET ended_at = e.created_at,
      end_reason = 'organization ' || o.status
    FROM organizations_projection o
    WHERE o.org_id = e.aggregate_id AND NOT takes_members(o.status)
      AND m.org_id = o.org_id AND m.ended_at IS NULL
    RETURNING m.user_id
  )
  SELECT array_agg(user_id) INTO members FROM ended;
  PERFORM note_accounts_behind(coalesce(members, '{}'), e.created_at);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_new_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  IF NEW.processed_at IS NOT NULL THEN
    PERFORM try_project(NEW);
  END IF;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.project_organization_activated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    activated_at = (e.event_data ->> 'activated_at')::timestamptz,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id AND organization_after(e.event_type, status) IS NOT NULL;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_organization_created(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  d jsonb := e.event_data;
BEGIN
  PERFORM require_free_path(e, (d ->> 'path')::ltree);
  IF d ->> 'domain' IS NOT NULL THEN
    PERFORM require_free_subdomain(e, d ->> 'slug');
  END IF;
  INSERT INTO organizations_projection AS o (org_id, name, slug, type, path, domain, status,
    subdomain_status, parent_org_id, partner_type, referring_partner_id, details,
    workflow_id, correlation_id, requested_by, created_at, updated_at, version)
  VALUES (e.aggregate_id, d ->> 'name', d ->> 'slug', d ->> 'type', (d ->> 'path')::ltree,
    d ->> 'domain', organization_after(e.event_type, 'absent'), CASE WHEN d ->> 'domain' IS NOT NULL THEN 'pending' END,
    (d ->> 'parent_org_id')::uuid, d ->> 'partner_type', (d ->> 'referring_partner_id')::uuid,
    jsonb_build_object('contacts', d -> 'contacts', 'addresses', d -> 'addresses', 'phones', d -> 'phones'),
    e.event_metadata ->> 'workflow_id', e.event_metadata ->> 'correlation_id',
    e.event_metadata ->> 'user_id', e.created_at, e.created_at, e.stream_version)
  ON CONFLICT (org_id) DO UPDATE SET
    name = excluded.name, slug = excluded.slug, type = excluded.type, path = excluded.path,
    domain = excluded.domain, status = excluded.status,
    subdomain_status = excluded.subdomain_status, parent_org_id = excluded.parent_org_id,
    partner_type = excluded.partner_type, referring_partner_id = excluded.referring_partner_id,
    details = excluded.details, workflow_id = excluded.workflow_id,
    updated_at = excluded.updated_at, version = excluded.version
  WHERE organization_after(e.event_type, o.status) IS NOT NULL;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_organization_deactivated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    deactivated_at = (e.event_data ->> 'deactivated_at')::timestamptz,
    deactivation_reason = e.event_data ->> 'reason',
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_run_closed(e domain_events, type text, how text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO workflow_runs_projection AS r
    (workflow_id, workflow_type, task_queue, org_id, started_at, closed_at, outcome)
  SELECT e.event_metadata ->> 'workflow_id', type, task_queue_of(type), organization_of(e), e.created_at,
    e.created_at, coalesce(e.event_data ->> 'outcome', how)
  WHERE e.event_metadata ->> 'workflow_id' IS NOT NULL
  ON CONFLICT (workflow_id) DO UPDATE SET closed_at = excluded.closed_at, outcome = excluded.outcome
  -- An event of one kind of work may be emitted by a run of another: a deletion rejects claims.
  WHERE r.closed_at IS NULL AND r.workflow_type = excluded.workflow_type
$function$
;

CREATE OR REPLACE FUNCTION public.project_run_started(e domain_events, type text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO workflow_runs_projection (workflow_id, workflow_type, task_queue, org_id, started_at)
  SELECT e.event_metadata ->> 'workflow_id', type, task_queue_of(type), organization_of(e), e.created_at
  WHERE e.event_metadata ->> 'workflow_id' IS NOT NULL
  ON CONFLICT (workflow_id) DO NOTHING
$function$
;

CREATE OR REPLACE FUNCTION public.project_sso_activated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = 'replaced', ended_at = e.created_at,
    updated_at = e.created_at
  WHERE org_id = (e.event_data ->> 'org_id')::uuid AND status = 'active'
    AND configuration_id <> e.aggregate_id;
  UPDATE sso_configurations_projection SET status = 'active',
    provider_id = e.event_data ->> 'provider_id',
    domains = ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'domains')),
    metadata_url = e.event_data ->> 'metadata_url',
    activated_at = (e.event_data ->> 'activated_at')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'tested';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_certificate_expiring(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET
    expiry_warnings = expiry_warnings
      || jsonb_build_object(e.event_data ->> 'fingerprint', e.event_data -> 'days'),
    updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_deactivated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = 'deactivated', ended_at = e.created_at,
    updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'active';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_failed(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = e.event_data ->> 'outcome',
    failure_stage = e.event_data ->> 'failure_stage',
    failure_type = e.event_data ->> 'failure_type', error = e.event_data ->> 'error_message',
    ended_at = e.created_at, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id
    AND status IN ('requested', 'validated', 'configured', 'testing', 'tested');
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_flow_tested(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = 'tested',
    assertion_hash = e.event_data ->> 'assertion_hash', updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'testing';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_metadata_refreshed(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  d jsonb := e.event_data;
BEGIN
  UPDATE sso_configurations_projection SET certificates = d -> 'certificates',
    certificate_expires_at = (d ->> 'certificate_expires')::timestamptz,
    metadata_valid_until = (d ->> 'metadata_valid_until')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'active';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_metadata_validated(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  d jsonb := e.event_data;
BEGIN
  UPDATE sso_configurations_projection SET status = 'validated', entity_id = d ->> 'entity_id',
    sso_url = d ->> 'sso_url', sso_binding = d ->> 'sso_binding',
    certificates = d -> 'certificates', warnings = d -> 'warnings',
    certificate_expires_at = (d ->> 'certificate_expires')::timestamptz,
    metadata_valid_until = (d ->> 'metadata_valid_until')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'requested';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_provider_configured(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = 'configured',
    provider_id = e.event_data ->> 'provider_id', updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'validated';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_sso_requested(e domain_events)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO sso_configurations_projection (configuration_id, org_id, status, metadata_source,
    domains, requested_by, workflow_id, correlation_id, created_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, 'requested',
    e.event_data ->> 'metadata_source',
    ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(e.event_data -> 'domains')
      WHEN 'array' THEN e.event_data -> 'domains' ELSE '[]' END)),
    e.event_metadata ->> 'user_id', e.event_metadata ->> 'workflow_id',
    e.event_metadata ->> 'correlation_id', e.created_at, e.created_at)
$function$
;

CREATE OR REPLACE FUNCTION public.project_sso_test_requested(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE sso_configurations_projection SET status = 'testing',
    test_token_hash = e.event_data ->> 'token_hash',
    sp_entity_id = e.event_data ->> 'sp_entity_id', callback_url = e.event_data ->> 'callback_url',
    test_expires_at = (e.event_data ->> 'test_expires')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'configured';
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_subdomain_status(e domain_events, next text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET subdomain_status = next,
    dns_verified_at = CASE WHEN next = 'verified' THEN e.created_at ELSE dns_verified_at END,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.project_user_invited(e domain_events)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
  INSERT INTO user_invitations_projection (invitation_id, org_id, email, first_name, last_name,
    roles, token_hash, status, expires_at, email_status, invited_by_name, created_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, e.event_data ->> 'email',
    e.event_data ->> 'first_name', e.event_data ->> 'last_name',
    ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'roles')),
    e.event_data ->> 'token_hash', 'pending', (e.event_data ->> 'expires_at')::timestamptz,
    'pending', e.event_data ->> 'invited_by_name', e.created_at, e.created_at)
$function$
;

CREATE OR REPLACE FUNCTION public.project_user_provisioned(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE user_invitations_projection SET user_id = (e.event_data ->> 'user_id')::uuid,
    linked = (e.event_data ->> 'linked')::boolean, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'accepted';
  PERFORM require_row(FOUND, e);
  PERFORM project_run_closed(e, 'UserInvitationWorkflow', 'completed');
END $function$
;

CREATE OR REPLACE FUNCTION public.rebuilt_organization(p_org_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  event domain_events;
  rebuilt jsonb;
BEGIN
  SET CONSTRAINTS user_invitations_projection_org_id_fkey,
    organization_domains_projection_org_id_fkey, sso_configurations_projection_org_id_fkey DEFERRED;
  DELETE FROM organizations_projection WHERE org_id = p_org_id;
  FOR event IN
    SELECT * FROM domain_events d
    WHERE d.aggregate_type = 'organization' AND d.aggregate_id = p_org_id
      AND d.processed_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM event_skips s WHERE s.event_id = d.id)
    ORDER BY d.stream_version
  LOOP
    PERFORM project_event(event);
  END LOOP;
  SELECT to_jsonb(o) INTO rebuilt FROM organizations_projection o WHERE o.org_id = p_org_id;
  RAISE EXCEPTION USING ERRCODE = 'A4C99';
EXCEPTION
  WHEN SQLSTATE 'A4C99' THEN RETURN rebuilt;
  WHEN unique_violation THEN RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.record_run(p_workflow_id text, p_workflow_type text, p_task_queue text, p_org_id uuid, p_started_at timestamp with time zone, p_closed_at timestamp with time zone, p_outcome text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO workflow_runs_projection AS r
    (workflow_id, workflow_type, task_queue, org_id, started_at, closed_at, outcome)
  VALUES (p_workflow_id, p_workflow_type, p_task_queue, p_org_id, p_started_at, p_closed_at, p_outcome)
  ON CONFLICT (workflow_id) DO UPDATE SET closed_at = excluded.closed_at, outcome = excluded.outcome
  WHERE r.closed_at IS NULL AND excluded.closed_at IS NOT NULL;
  RETURN FOUND;
END $function$
;

CREATE OR REPLACE FUNCTION public.redacted_error(sqlstate_ text, message text, constraint_ text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT sqlstate_ || ': ' || left(regexp_replace(message, '".*"', '"..."'), 300)
    || CASE WHEN constraint_ <> '' THEN ' (constraint ' || constraint_ || ')' ELSE '' END
$function$
;

CREATE OR REPLACE FUNCTION public.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP = 'UPDATE'
     AND to_jsonb(NEW) - 'processed_at' - 'event_metadata'
       = to_jsonb(OLD) - 'processed_at' - 'event_metadata'
     AND NEW.event_metadata - 'processing_error' - 'retry_count'
       = OLD.event_metadata - 'processing_error' - 'retry_count' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'domain_events is append-only: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.require_active_parent(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  parent uuid := coalesce(e.event_data ->> 'parent_org_id',
    e.event_data #>> '{params,orgData,parentOrgId}')::uuid;
  parent_status text;
BEGIN
  SELECT o.status INTO parent_status FROM organizations_projection o
  WHERE o.org_id = parent FOR SHARE;
  IF FOUND AND parent_status <> 'active' THEN
    RAISE EXCEPTION USING ERRCODE = 'A4C06', MESSAGE = format(
      'A4C06: %s is refused: the organization above is %s', e.event_type, parent_status);
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.require_free_path(e domain_events, wanted ltree)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (
    SELECT 1 FROM organizations_projection o
    WHERE o.path <@ wanted AND o.org_id <> e.aggregate_id AND is_live(o.status)
  ) THEN
    RAISE EXCEPTION 'the path is taken' USING ERRCODE = 'unique_violation',
      CONSTRAINT = 'organizations_projection_path_live';
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.require_free_subdomain(e domain_events, wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (
    SELECT 1 FROM organizations_projection o
    WHERE o.slug = wanted AND o.org_id <> e.aggregate_id
      AND o.status IN ('failed', 'deactivated') AND o.domain IS NOT NULL
      AND (o.cloudflare_record_id IS NOT NULL
        OR (o.status = 'failed' AND o.subdomain_status <> 'removed'))
  ) THEN
    RAISE EXCEPTION 'the subdomain is held' USING ERRCODE = 'unique_violation',
      CONSTRAINT = 'organizations_projection_dns_held';
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.require_permitted(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  org CONSTANT uuid := organization_of(e);
  is_own CONSTANT boolean := e.aggregate_type = 'organization';
  current_status text;
  below integer;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM organization_transitions() t WHERE t.event_type = e.event_type)
     OR (is_own AND e.processed_at IS NULL) THEN
    RETURN;
  END IF;
  IF e.event_type IN ('organization.bootstrap.initiated', 'organization.created') THEN
    PERFORM require_active_parent(e);
  END IF;
  IF is_own THEN
    SELECT o.status INTO current_status FROM organizations_projection o
    WHERE o.org_id = org FOR NO KEY UPDATE;
  ELSE
    SELECT o.status INTO current_status FROM organizations_projection o
    WHERE o.org_id = org FOR SHARE;
  END IF;
  IF current_status IS NULL THEN
    RETURN;
  END IF;
  IF organization_after(e.event_type, current_status) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'A4C05', MESSAGE = format(
      'A4C05: %s is refused: the organization is %s', e.event_type, current_status);
  END IF;
  IF e.event_type = 'organization.deletion.initiated' AND is_live(current_status)
     AND (e.event_data ->> 'cascade') IS DISTINCT FROM 'true' THEN
    below := live_below(org);
    IF below > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'A4C07', MESSAGE = format(
        'A4C07: %s is refused: organizations below it that are not deleted: %s',
        e.event_type, below);
    END IF;
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.require_permitted_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  PERFORM require_permitted(NEW);
  RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.require_row(met boolean, e domain_events)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NOT met THEN
    RAISE EXCEPTION '% meets no % in a state that allows it', e.event_type, e.aggregate_type
      USING ERRCODE = 'A4C02';
  END IF;
END $function$
;

CREATE OR REPLACE FUNCTION public.retry_failed_events(p_streams integer DEFAULT 20, p_max_attempts integer DEFAULT 10)
 RETURNS TABLE(streams integer, projected integer, still_blocked integer, parked integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  stream event_streams;
BEGIN
  streams := 0; projected := 0; still_blocked := 0; parked := 0;
  FOR stream IN
    SELECT * FROM event_streams s
    WHERE s.blocked_at_version IS NOT NULL AND s.parked_at IS NULL
      AND s.next_retry_at <= clock_timestamp()
    ORDER BY s.next_retry_at LIMIT p_streams
    FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN projected + still_blocked >= 50;
    streams := streams + 1;
    projected := projected
      + drain_stream(stream.aggregate_type, stream.aggregate_id, 50 - projected - still_blocked);
    UPDATE event_streams s SET parked_at = clock_timestamp()
    WHERE (s.aggregate_type, s.aggregate_id) = (stream.aggregate_type, stream.aggregate_id)
      AND s.blocked_at_version IS NOT NULL AND s.retry_count >= p_max_attempts;
    parked := parked + FOUND::int;
    still_blocked := still_blocked + (
      SELECT (s.blocked_at_version IS NOT NULL)::int FROM event_streams s
      WHERE (s.aggregate_type, s.aggregate_id) = (stream.aggregate_type, stream.aggregate_id));
  END LOOP;
  RETURN NEXT;
END $function$
;

CREATE OR REPLACE FUNCTION public.retry_stream(p_aggregate_type text, p_aggregate_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  PERFORM 1 FROM event_streams s
  WHERE (s.aggregate_type, s.aggregate_id) = (p_aggregate_type, p_aggregate_id)
    AND s.blocked_at_version IS NOT NULL
  FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  RETURN drain_stream(p_aggregate_type, p_aggregate_id, 50);
END $function$
;

CREATE OR REPLACE FUNCTION public.skip_event(p_event_id uuid, p_reason text, p_actor text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  event domain_events;
BEGIN
  SELECT d.* INTO event FROM domain_events d
  JOIN event_streams s ON (s.aggregate_type, s.aggregate_id, s.blocked_at_version)
    = (d.aggregate_type, d.aggregate_id, d.stream_version)
  WHERE d.id = p_event_id AND d.processed_at IS NULL
  FOR UPDATE OF s;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'only the event that blocks its stream can be skipped'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  INSERT INTO event_skips (event_id, reason, actor, processing_error)
  VALUES (p_event_id, p_reason, p_actor, event.event_metadata ->> 'processing_error');
  UPDATE domain_events SET processed_at = clock_timestamp() WHERE id = p_event_id;
  RETURN drain_stream(event.aggregate_type, event.aggregate_id, 50);
END $function$
;

CREATE OR REPLACE FUNCTION public.take_pace(p_provider text, p_calls integer, p_per_second double precision, p_longest double precision)
 RETURNS double precision
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  pace provider_pace;
  moment timestamptz;
  turn timestamptz;
  wait float8;
BEGIN
  INSERT INTO provider_pace (provider) VALUES (p_provider) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT pace FROM provider_pace WHERE provider = p_provider FOR UPDATE;
  moment := clock_timestamp();
  turn := greatest(moment, pace.not_before, pace.next_at - interval '1 second');
  wait := extract(epoch FROM turn - moment);
  IF wait > p_longest THEN
    RETURN -wait;
  END IF;
  UPDATE provider_pace SET next_at =
    greatest(moment, pace.not_before, pace.next_at) + interval '1 second' * p_calls / p_per_second
  WHERE provider = p_provider;
  RETURN wait;
END $function$
;

CREATE OR REPLACE FUNCTION public.takes_members(status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT status NOT IN ('deactivated', 'failed')
$function$
;

CREATE OR REPLACE FUNCTION public.task_queue_of(type text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT CASE WHEN type LIKE 'Organization%' THEN 'bootstrap' ELSE 'users' END
$function$
;

CREATE OR REPLACE FUNCTION public.touch_organization(e domain_events)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
BEGIN
  UPDATE organizations_projection SET updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $function$
;

CREATE OR REPLACE FUNCTION public.try_project(event domain_events)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
DECLARE
  message text;
  violated text;
BEGIN
  PERFORM project_event(event);
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, violated = CONSTRAINT_NAME;
  PERFORM block_stream(event, redacted_error(SQLSTATE, message, violated));
  RETURN false;
END $function$
;


-- Triggers

CREATE TRIGGER domain_events_admit BEFORE INSERT ON public.domain_events FOR EACH ROW EXECUTE FUNCTION admit_event();
CREATE TRIGGER domain_events_admit_permitted BEFORE INSERT ON public.domain_events FOR EACH ROW EXECUTE FUNCTION require_permitted_event();
CREATE TRIGGER domain_events_append_only BEFORE DELETE OR UPDATE ON public.domain_events FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER domain_events_no_truncate BEFORE TRUNCATE ON public.domain_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER domain_events_project AFTER INSERT ON public.domain_events FOR EACH ROW EXECUTE FUNCTION project_new_event();

-- Row level security

CREATE POLICY a4c_app ON account_replacements FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON account_syncs FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON canary_runs FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON domain_events FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON event_skips FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON event_streams FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON idempotency_keys FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON invitation_bounces FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON leases FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON memberships_projection FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON organization_domains_projection FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON organizations_projection FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON provider_pace FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON rate_limits FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON sso_configurations_projection FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON superseded_tokens FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON user_invitations_projection FOR ALL TO a4c_app;
CREATE POLICY a4c_app ON workflow_runs_projection FOR ALL TO a4c_app;

-- Grants

GRANT INSERT, SELECT ON account_replacements TO a4c_app;
GRANT SELECT, UPDATE ON account_syncs TO a4c_app;
GRANT INSERT, SELECT, UPDATE ON canary_runs TO a4c_app;
GRANT INSERT, SELECT ON domain_events TO a4c_app;
GRANT SELECT ON event_skips TO a4c_app;
GRANT SELECT ON event_streams TO a4c_app;
GRANT INSERT, SELECT ON idempotency_keys TO a4c_app;
GRANT SELECT ON invitation_bounces TO a4c_app;
GRANT INSERT, SELECT, UPDATE ON leases TO a4c_app;
GRANT SELECT ON memberships_projection TO a4c_app;
GRANT SELECT ON organization_domains_projection TO a4c_app;
GRANT SELECT ON organizations_projection TO a4c_app;
GRANT INSERT, SELECT, UPDATE ON provider_pace TO a4c_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON rate_limits TO a4c_app;
GRANT SELECT ON sso_configurations_projection TO a4c_app;
GRANT SELECT ON superseded_tokens TO a4c_app;
GRANT SELECT ON user_invitations_projection TO a4c_app;
GRANT SELECT ON workflow_runs_projection TO a4c_app;
GRANT EXECUTE ON FUNCTION hold_pace(text,double precision) TO a4c_app;
GRANT EXECUTE ON FUNCTION rebuilt_organization(uuid) TO a4c_app;
GRANT EXECUTE ON FUNCTION record_run(text,text,text,uuid,timestamp with time zone,timestamp with time zone,text) TO a4c_app;
GRANT EXECUTE ON FUNCTION retry_failed_events(integer,integer) TO a4c_app;
GRANT EXECUTE ON FUNCTION retry_stream(text,uuid) TO a4c_app;
GRANT EXECUTE ON FUNCTION take_pace(text,integer,double precision,double precision) TO a4c_app;
