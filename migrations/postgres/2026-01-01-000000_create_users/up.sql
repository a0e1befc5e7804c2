-- The tables as the HookSentry platform creates them. This migration never runs in a database of the platform.
CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    -- Trimmed and in lower case.
    email varchar(255) NOT NULL UNIQUE,
    -- Null if the user has no password and logs in elsewhere.
    password_hash varchar(512),
    -- 0 Active, 1 Inactive.
    status integer NOT NULL DEFAULT 0,
    -- 0 Developer, 1 Admin, 10 Owner, 20 Viewer.
    role integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX users_tenant_id ON users (tenant_id);
