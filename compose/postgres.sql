-- Runs once, when the database is created. The migrations give the role its rights.
\getenv password A4C_DATABASE_PASSWORD
CREATE ROLE a4c_app NOLOGIN;
CREATE ROLE a4c_login LOGIN PASSWORD :'password' IN ROLE a4c_app;
