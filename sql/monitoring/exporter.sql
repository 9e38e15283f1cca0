-- The login of postgres_exporter: it reads PostgreSQL's statistics (pg_monitor), and no row of ours.
-- Run once, by a role that may grant pg_monitor (`postgres`, also at Supabase); then give it a password with
-- \password a4c_exporter
CREATE ROLE a4c_exporter LOGIN IN ROLE pg_monitor CONNECTION LIMIT 5;
ALTER ROLE a4c_exporter SET default_transaction_read_only = on;
ALTER ROLE a4c_exporter SET statement_timeout = '5s';
ALTER ROLE a4c_exporter SET lock_timeout = '1s';
