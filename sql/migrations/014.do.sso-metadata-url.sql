-- Where Supabase Auth reads the metadata of an active configuration; null when they were given as XML.
ALTER TABLE sso_configurations_projection ADD COLUMN metadata_url text;
