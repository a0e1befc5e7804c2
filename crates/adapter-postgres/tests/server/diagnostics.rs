//! Diagnostics, as `doctor` prints them.

use std::time::Duration;

use auth_domain::model::{HashFormat, HashUse, PasswordHash, RequestTime};
use auth_domain::ports::Severity;
use auth_testkit::servers::{Database, PostgresServer};

use crate::support::{Store, now, time_of_day};

async fn checks(store: &Store, offset: i64) -> Vec<(Severity, String)> {
    let own = time_of_day() + time::Duration::seconds(offset);
    let request_time = RequestTime::new(own, now(), Duration::from_secs(10));
    store
        .database
        .diagnose(request_time)
        .await
        .unwrap()
        .into_iter()
        .map(|check| (check.severity, check.text))
        .collect()
}

async fn user_checks(store: &Store) -> Vec<(Severity, String)> {
    let request_time = RequestTime::new(time_of_day(), now(), Duration::from_secs(10));
    let checks = store.database.diagnose_users(&usability, request_time).await.unwrap();
    checks.into_iter().map(|check| (check.severity, check.text)).collect()
}

fn usability(stored: &PasswordHash) -> HashUse {
    let is_argon2id = stored.expose().starts_with("$argon2id$");
    if is_argon2id { HashUse::Verifies(HashFormat::Argon2id) } else { HashUse::Unusable }
}

fn assert_found(checks: &[(Severity, String)], severity: Severity, part: &str) {
    assert!(checks.iter().any(|found| found.0 == severity && found.1.contains(part)), "{part}: {checks:#?}");
}

fn fill(database: &Database<'_>) {
    let _ = database.sql(
        "INSERT INTO tenants VALUES ('00000000-0000-4000-8000-000000000000', 'default', now(), now());
         INSERT INTO users (id, tenant_id, email, password_hash, status, role, created_at, updated_at)
             SELECT gen_random_uuid(), '00000000-0000-4000-8000-000000000000', email, hash, status, role,
                 now(), now()
             FROM (
                 SELECT 'user' || n || '@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', 0, 10
                     FROM generate_series(1, 12000) AS n
                 UNION ALL SELECT 'legacy' || n || '@example.com', 'c2FsdA==:aGFzaA==', 1, 1
                     FROM generate_series(1, 7) AS n
                 UNION ALL SELECT 'extern' || n || '@example.com', NULL, 0, 20 FROM generate_series(1, 5) AS n
                 UNION ALL VALUES ('Upper@example.com', NULL, 0, 0), (' padded@example.com', NULL, 0, 0),
                     ('jürgen@example.com', NULL, 0, 0), ('two@at@example.com', NULL, 0, 0),
                     ('\"q\"@example.com', NULL, 0, 0), ('status@example.com', NULL, 2, 0),
                     ('role@example.com', NULL, 0, 3), ('both@example.com', NULL, 9, 9)
             ) AS rows (email, hash, status, role)",
    );
}

// S-88
#[tokio::test]
async fn every_row_is_checked_and_no_user_is_named() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    fill(&database);
    let found = checks(&store, 0).await;
    assert_found(&found, Severity::Ok, "PostgreSQL 1");
    assert_found(&found, Severity::Ok, "can be written to");
    assert_found(&found, Severity::Ok, "every column");
    assert_found(&found, Severity::Ok, "unencrypted and stays on this machine");

    let found = user_checks(&store).await;
    assert_found(&found, Severity::Ok, "of 12020 users 12000 have a hash of Argon2id that verifies, 13 none");
    assert_found(&found, Severity::Warning, "7 users have a hash in an unknown format");
    assert_found(&found, Severity::Warning, "2 users have an email that is not trimmed and in lower case");
    assert_found(&found, Severity::Warning, "2 users have a status");
    assert_found(&found, Severity::Warning, "2 users have a role");
    assert_found(&found, Severity::Warning, "3 users have an email that the login rejects");
    assert!(found.iter().all(|(_, text)| !text.contains('@') && !text.contains("argon2id")), "{found:#?}");
}

// S-88
#[tokio::test]
async fn a_wrong_clock_and_a_read_only_database_are_errors() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let found = checks(&store, 0).await;
    assert!(found.iter().all(|(severity, _)| *severity != Severity::Error), "{found:#?}");

    let _ =
        database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let found = checks(&Store::at(&database.url()), 5).await;
    assert_found(&found, Severity::Error, "5.0 s apart; synchronise both with NTP");
    assert_found(&found, Severity::Error, "the database is read-only");
}

#[tokio::test]
async fn missing_tables_are_checks_of_severity_error() {
    let database = PostgresServer::shared().database();
    let found = checks(&Store::at(&database.url()), 0).await;
    assert_found(&found, Severity::Error, "run `migrate`");

    let _ = database.sql("CREATE TABLE users (id uuid, email varchar(255))");
    let found = checks(&Store::at(&database.url()), 0).await;
    assert_found(&found, Severity::Error, "the table users has no column role");
    assert_found(&found, Severity::Error, "the database has no table tenants");
}

#[tokio::test]
async fn an_incomplete_diagnosis_says_so() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    fill(&database);
    for millis in [1, 5, 20, 40] {
        let request_time = RequestTime::new(time_of_day(), now(), Duration::from_millis(millis));
        let begun = now();
        // With little time it fails; otherwise it reports the rows that it has read.
        if let Ok(found) = store.database.diagnose_users(&usability, request_time).await {
            let is_complete = found.iter().any(|check| check.text.contains("of 12020 users"));
            let is_incomplete =
                found.iter().any(|check| check.text.contains("before every user was checked"));
            assert!(is_complete != is_incomplete, "{found:#?}");
        }
        assert!(begun.elapsed() < Duration::from_millis(millis + 200));
    }
}

#[tokio::test]
async fn the_limits_of_server_role_and_database_are_compared() {
    let server = PostgresServer::start();
    let database = server.database();
    let owner = Store::migrated(&database).await;
    // Two shared connections, and the pool.
    assert_found(&checks(&owner, 0).await, Severity::Ok, "at most 6 connections; the server accepts ");
    let name = database.name();
    let _ = database.sql(&format!(
        "CREATE ROLE limited LOGIN CONNECTION LIMIT 5; GRANT CONNECT ON DATABASE {name} TO limited;
         GRANT SELECT ON users, tenants TO limited"
    ));
    let limited = Store::at(&database.url_of("limited"));
    let few = "opens up to 6 connections, but the server accepts 5, ";
    assert_found(&checks(&limited, 0).await, Severity::Warning, few);
    let _ = database.sql(&format!("ALTER DATABASE {name} CONNECTION LIMIT 4"));
    assert_found(&checks(&limited, 0).await, Severity::Warning, "accepts 4, ");
    let _ = database
        .sql(&format!("ALTER ROLE limited CONNECTION LIMIT 6; ALTER DATABASE {name} CONNECTION LIMIT -1"));
    assert_found(&checks(&limited, 0).await, Severity::Ok, "accepts 6");
}

#[tokio::test]
async fn indexes_of_another_collation_version_are_a_warning() {
    let server = PostgresServer::shared();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let found = checks(&store, 0).await;
    assert!(found.iter().all(|(severity, _)| *severity == Severity::Ok), "{found:#?}");
    let _ = database
        .sql(&format!("UPDATE pg_database SET datcollversion = '1.0' WHERE datname = '{}'", database.name()));
    let found = checks(&store, 0).await;
    assert_found(&found, Severity::Warning, "were built with version 1.0 of the collation");
    assert_found(&found, Severity::Warning, &format!("REINDEX DATABASE {}", database.name()));
    // The server sends a warning at each new connection.
    assert!(
        Store::at(&database.url())
            .database
            .ping(RequestTime::new(time_of_day(), now(), Duration::from_secs(10)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn another_version_of_the_collation_of_emails_is_a_warning() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let _ = database.sql(
        "CREATE COLLATION of_emails (provider = icu, locale = 'de');
         ALTER TABLE users ALTER COLUMN email TYPE varchar(255) COLLATE of_emails",
    );
    let found = checks(&store, 0).await;
    assert!(found.iter().all(|(severity, _)| *severity == Severity::Ok), "{found:#?}");
    let _ = database.sql("UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'of_emails'");
    let found = checks(&store, 0).await;
    assert_found(
        &found,
        Severity::Warning,
        "uses the collation public.of_emails and was built with version 1.0",
    );
    assert_found(&found, Severity::Warning, "ALTER COLLATION public.of_emails REFRESH VERSION");
}
