-- Runs once, when the database is created: the login of sql/monitoring/exporter.sql gets its password.
\getenv password A4C_EXPORTER_PASSWORD
ALTER ROLE a4c_exporter PASSWORD :'password';
