#!/bin/sh
# Creates the two roles at the first start of the database: the owner of the tables, and the role of the service.
set -eu
secrets=${SECRETS:-/run/secrets}
owner=$(cat "$secrets/postgres-owner-password")
service=$(cat "$secrets/postgres-service-password")
psql --set ON_ERROR_STOP=1 --set owner="$owner" --set service="$service" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE hooksentry_owner LOGIN PASSWORD :'owner';
CREATE ROLE hooksentry_auth LOGIN PASSWORD :'service';
CREATE DATABASE hooksentry OWNER hooksentry_owner;
SQL
