-- The rights of the service, after `migrate` created the tables. The last two lines, and the right to update `status`, are for commands
-- that create, import, activate, deactivate and delete users.
GRANT SELECT ON users, tenants, __diesel_schema_migrations TO hooksentry_auth;
GRANT UPDATE (password_hash, status, updated_at) ON users TO hooksentry_auth;
GRANT INSERT ON users, tenants TO hooksentry_auth;
GRANT DELETE ON users TO hooksentry_auth;
