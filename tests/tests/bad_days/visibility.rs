//! The rows of `users` are hidden from the role of the service, or another relation takes the place of the table.

use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};

use crate::readiness::has_readiness;

/// The time within which readiness notices a change.
const NOTICED: Duration = Duration::from_secs(10);

const COLUMNS: &str = "id, tenant_id, email, status, role, created_at";

/// Creates a role with the rights that the README of the adapter grants, and connects as this role.
async fn for_a_role(role: &str) -> Installation {
    let installation = Installation::on(Stores::servers()).with_user(ALICE).await;
    installation.sql(&format!(
        "DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT SELECT ON users, tenants TO {role};
         GRANT UPDATE (password_hash) ON users TO {role}"
    ));
    let url = installation.servers().database().url_of(role);
    installation.set("POSTGRES__URL", &url)
}

/// Expects that `change` is an error of readiness, of `doctor` and of the next start, and that no login is a 401 because of it.
async fn expect_noticed(role: &str, change: &str, part: &str) {
    let server = Server::start_on(for_a_role(role).await).await;
    server.cli(&["doctor"]).await.expect_success();
    server.login(ALICE, PASSWORD).await.tokens();
    server.installation.sql(&change.replace("ROLE_NAME", role));
    for _ in 0..3 {
        let status = server.login(ALICE, PASSWORD).await.status;
        assert!([200, 503].contains(&status), "{change}: {status}");
    }
    assert!(has_readiness(&server, 503, NOTICED).await, "{change}");
    let report = server.cli(&["doctor"]).await;
    assert!(!report.status.success() && report.stdout.contains(part), "{change}: {}", report.stdout);
    let (installation, _) = server.stop().await;
    let message = installation.rejects_to_serve().await;
    assert!(message.contains(part), "{change}: {message}");
}

/// More attempts than the limit allows fail while the database is set up wrongly. They are no wrong passwords.
// S-94
#[tokio::test]
async fn errors_of_the_database_do_not_count_towards_the_limit() {
    let server = Server::start_on(for_a_role("not_counted").await).await;
    let hide = "ALTER TABLE users RENAME TO all_users; CREATE VIEW users AS SELECT * FROM all_users WHERE status = 1;
                GRANT SELECT ON users TO not_counted";
    let repair = "DROP VIEW users; ALTER TABLE all_users RENAME TO users";
    server.installation.sql(hide);
    for attempt in 0..12 {
        for password in [PASSWORD, "a wrong password of some length"] {
            let status = server.login(ALICE, password).await.status;
            assert_eq!(status, 503, "attempt {attempt}");
        }
    }
    server.installation.sql(repair);
    server.login(ALICE, PASSWORD).await.tokens();
    assert!(has_readiness(&server, 200, NOTICED).await);
}

/// The user in the access token would be the one that the view shows.
// S-94
#[tokio::test]
async fn a_refresh_through_a_view_is_rejected_and_consumes_nothing() {
    let server = Server::start_on(for_a_role("refreshed_by_a_view").await).await;
    let tokens = server.login(ALICE, PASSWORD).await.tokens();
    server.installation.sql(
        "ALTER TABLE users RENAME TO all_users;
         CREATE VIEW users AS SELECT tableoid, id, tenant_id, email, password_hash, status, 20 AS role, created_at FROM all_users;
         GRANT SELECT ON users TO refreshed_by_a_view",
    );
    for _ in 0..3 {
        assert_eq!(server.refresh(&tokens.refresh).await.status, 503);
    }
    server.installation.sql("DROP VIEW users; ALTER TABLE all_users RENAME TO users");
    server.refresh(&tokens.refresh).await.tokens();
}

// S-94
#[tokio::test]
async fn dropped_tables_are_noticed() {
    expect_noticed("without_tables", "DROP TABLE users", "the database has no table users").await;
}

// S-94
#[tokio::test]
async fn a_database_without_migrations_is_noticed() {
    expect_noticed("without_migrations", "DROP TABLE users, tenants", "run `migrate`").await;
}

/// Another role that may create tables in a later schema of the search path cannot stop the service.
// S-94
#[tokio::test]
async fn a_later_table_of_the_name_stops_nothing() {
    let installation = for_a_role("warned").await;
    installation.sql(
        "CREATE SCHEMA later; GRANT USAGE ON SCHEMA later TO warned; CREATE TABLE later.users (LIKE public.users);
         INSERT INTO later.users SELECT * FROM public.users; ALTER ROLE warned SET search_path = public, later",
    );
    let server = Server::start_on(installation).await;
    server.login(ALICE, PASSWORD).await.tokens();
    assert!(has_readiness(&server, 200, NOTICED).await);
    let report = server.cli(&["doctor"]).await.expect_success();
    assert!(report.contains("later.users is in the search_path as well"), "{report}");
    assert!(report.contains("users is read from the table public.users, with 1 row"), "{report}");
}

// S-94
#[tokio::test]
async fn row_security_is_noticed() {
    expect_noticed("hidden_by_a_policy", "ALTER TABLE users ENABLE ROW LEVEL SECURITY", "BYPASSRLS").await;
}

// S-94
#[tokio::test]
async fn a_view_in_place_of_the_table_is_noticed() {
    let view = "ALTER TABLE users RENAME TO all_users;
                CREATE VIEW users AS SELECT * FROM all_users WHERE status = 1; GRANT SELECT ON users TO ROLE_NAME";
    expect_noticed("hidden_by_a_view", view, "public.users is a view").await;
}

// S-94
#[tokio::test]
async fn a_column_that_may_not_be_read_is_noticed() {
    let rights =
        format!("REVOKE SELECT ON users FROM ROLE_NAME; GRANT SELECT ({COLUMNS}) ON users TO ROLE_NAME");
    expect_noticed("hidden_columns", &rights, "may not read password_hash of public.users").await;
}

// S-94
#[tokio::test]
async fn a_rule_that_redirects_writes_is_noticed() {
    let rule = "CREATE RULE redirected AS ON UPDATE TO users DO INSTEAD NOTHING";
    expect_noticed("redirected_by_a_rule", rule, "a rule redirects statements on public.users").await;
}

// S-94
#[tokio::test]
async fn an_empty_copy_that_hides_the_table_is_noticed() {
    let copy = "CREATE SCHEMA hidden_by_a_copy; GRANT USAGE ON SCHEMA hidden_by_a_copy TO ROLE_NAME;
                CREATE TABLE hidden_by_a_copy.users (LIKE public.users INCLUDING ALL);
                GRANT SELECT ON hidden_by_a_copy.users TO ROLE_NAME";
    expect_noticed("hidden_by_a_copy", copy, "hidden_by_a_copy.users, which is empty, and not public.users")
        .await;
}

// S-94
#[tokio::test]
async fn a_search_path_to_an_empty_copy_is_an_error_at_the_next_connection() {
    let installation = for_a_role("led_elsewhere").await;
    installation.sql(
        "CREATE SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO led_elsewhere;
         CREATE TABLE elsewhere.users (LIKE public.users INCLUDING ALL);
         GRANT SELECT ON elsewhere.users TO led_elsewhere",
    );
    installation.cli(&["doctor"], "").await.expect_success();
    let server = Server::start_on(installation).await;
    server.installation.sql("ALTER ROLE led_elsewhere SET search_path = elsewhere");
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'led_elsewhere'";
    server.installation.servers().query(end);
    for _ in 0..3 {
        let status = server.login(ALICE, PASSWORD).await.status;
        assert_eq!(status, 503);
    }
    assert!(has_readiness(&server, 503, NOTICED).await);
    let report = server.cli(&["doctor"]).await;
    assert!(
        !report.status.success() && report.stdout.contains("elsewhere.users, which is empty"),
        "{report:?}"
    );
}
