//! The migration from the legacy service: database, password hashes, tokens and Redis keys.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, unix_now};
use auth_e2e::{ALICE, Installation, Server, Stores, Tokens, WRONG_PASSWORD, jwt};
use auth_testkit::vectors::legacy_password_hashes;
use futures_util::future::join_all;
use serde_json::json;

pub(crate) const TENANT: &str = "16fd2706-8baf-433b-82eb-8c7fada847da";
const OTHER_TENANT: &str = "886313e1-3b8a-4372-9b90-0c9aee199e5d";
const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
const OLD_PASSWORD: &str = "correct horse battery staple";
/// The legacy hash of [`OLD_PASSWORD`].
pub(crate) const OLD_HASH: &str = "3JDPB96QfMxkY2zt2zjlUg==:T7oaR+Bspm7atAlMbozOuEunhf9iZ9gfgF7scjSYz90=";

/// The tables of the platform, with more columns than the service needs.
const PLATFORM: &str = "
    CREATE TABLE tenants (id uuid PRIMARY KEY, name varchar(255) NOT NULL, plan varchar(20) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE users (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants (id),
        email varchar(255) NOT NULL UNIQUE, password_hash varchar(512), status int NOT NULL DEFAULT 0,
        role int NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(), avatar_url text, locale varchar(10) NOT NULL DEFAULT 'pt');
    INSERT INTO tenants (id, name, plan) VALUES ('16fd2706-8baf-433b-82eb-8c7fada847da', 'One', 'free'),
        ('886313e1-3b8a-4372-9b90-0c9aee199e5d', 'Two', 'pro')";

/// An installation on the stores of a platform, with more settings.
pub(crate) fn platform(settings: &[(&str, &str)]) -> Installation {
    let installation =
        Installation::on(Stores::platform(PLATFORM)).set("JWT__KEY", KEY).set("PASSWORD__LEGACY", "on");
    settings.iter().fold(installation, |installation, (name, value)| installation.set(name, value))
}

/// Adds a user to the platform's table; returns the id.
pub(crate) fn add_user(installation: &Installation, email: &str, hash: Option<&str>, role: i32) -> String {
    let hash = hash.map_or_else(|| "NULL".to_owned(), |hash| format!("'{hash}'"));
    let insert = format!(
        "INSERT INTO users (id, tenant_id, email, password_hash, role)
         VALUES (gen_random_uuid(), '{TENANT}', '{email}', {hash}, {role}) RETURNING id"
    );
    let printed = installation.servers().query(&insert);
    printed.lines().next().unwrap_or_default().to_owned()
}

/// Issues a legacy refresh token.
pub(crate) fn issue_legacy_token(installation: &Installation, user: &str, tenant: &str) -> String {
    let token = auth_testkit::a_legacy_token().expose().to_owned();
    let (key, value) = (format!("auth:refresh:{token}"), format!("{user}|{tenant}"));
    assert_eq!(installation.servers().redis_cli(&["SET", &key, &value, "EX", "604800"]), "OK");
    token
}

/// Issues a legacy access token: without `iat` and `sid`.
fn old_access_token(user: &str) -> String {
    let claims = json!({
        "sub": user, "jti": "7f4c2a9e-3b1d-4e5f-8a6b-0c1d2e3f4a5b", "email": ALICE, "tenant_id": TENANT,
        "role": "Owner", "exp": unix_now() + 600, "iss": "hooksentry-api", "aud": "hooksentry-client",
    });
    jwt::sign_hs256(&claims, KEY.as_bytes())
}

#[tokio::test]
async fn the_database_of_the_platform_is_never_altered() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let before = schema(&installation);
    assert!(installation.cli(&["migrate"], "").await.expect_success().contains("platform"));
    let server = Server::start_on(installation).await;
    let tokens = server.login(ALICE, OLD_PASSWORD).await.tokens();
    let claims = jwt::claims(&tokens.access);
    assert_eq!((claims["sub"].as_str(), claims["tenant_id"].as_str()), (Some(&*user), Some(TENANT)));
    server.refresh(&tokens.refresh).await.tokens();
    let (installation, _) = server.stop().await;
    assert_eq!(schema(&installation), before);
}

/// The tables, columns, constraints and indexes of the database.
fn schema(installation: &Installation) -> String {
    let columns = "SELECT table_schema, table_name, column_name, data_type, column_default, is_nullable
        FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3";
    let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
    installation.servers().query(columns) + &installation.servers().query(indexes)
}

// S-05
#[tokio::test]
async fn every_reference_hash_logs_in_and_is_upgraded_if_configured() {
    let installation = platform(&[("PASSWORD__UPGRADE", "on")]);
    let cases = legacy_password_hashes();
    for (number, case) in cases.iter().enumerate() {
        add_user(&installation, &format!("user-{number}@example.com"), Some(&case.stored), 0);
    }
    let server = Server::start_on(installation).await;
    for (number, case) in cases.iter().enumerate() {
        let email = format!("user-{number}@example.com");
        server.login(&email, &case.password).await.tokens();
        let stored = server.installation.servers().query(&format!(
            "SELECT password_hash FROM users WHERE email = '{email}' AND updated_at = created_at"
        ));
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "case {number}: {stored}");
        server.login(&email, &case.password).await.tokens();
    }
}

// S-03
#[tokio::test]
async fn without_upgrade_a_legacy_hash_stays_as_it_is() {
    let installation = platform(&[("PASSWORD__UPGRADE", "off")]);
    add_user(&installation, ALICE, Some(OLD_HASH), 0);
    let server = Server::start_on(installation).await;
    server.login(ALICE, OLD_PASSWORD).await.tokens();
    let stored = server.installation.servers().query("SELECT password_hash FROM users");
    assert!(stored.starts_with(OLD_HASH), "{stored}");
}

// S-09
#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password_on_a_legacy_account() {
    let installation = platform(&[("LOGIN_LIMIT__MAX_FAILURES", "1000000"), ("PASSWORD__UPGRADE", "off")]);
    add_user(&installation, ALICE, Some(OLD_HASH), 0);
    let server = Server::start_on(installation).await;
    let mut seen = Vec::new();
    // The number of measurements until the test fails. Other programs can disturb one, but hardly ten in a row.
    for _ in 0..10 {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..15 {
            for (email, times) in
                [(ALICE.to_owned(), &mut known), (format!("{number}@example.net"), &mut unknown)]
            {
                let watch = Stopwatch::start();
                server.login(&email, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
                times.push(watch.elapsed());
            }
        }
        let (known, unknown) = (median(known), median(unknown));
        if known.abs_diff(unknown) < known.min(unknown) / 20 {
            return;
        }
        seen.push((known, unknown));
    }
    assert!(seen.is_empty(), "known and unknown emails differ: {seen:?}");
}

/// Under load, a login on a legacy account must not wait longer than one on an unknown email.
// S-09
#[tokio::test]
async fn four_at_once_take_as_long_on_a_legacy_account_as_on_unknown_emails() {
    let installation = platform(&[
        ("LOGIN_LIMIT__MAX_FAILURES", "1000000"),
        ("PASSWORD__UPGRADE", "off"),
        ("PASSWORD__CONCURRENCY", "2"),
    ]);
    add_user(&installation, ALICE, Some(OLD_HASH), 0);
    let server = Server::start_on(installation).await;
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    // The fastest of several measurements, because other programs make single measurements slow.
    for number in 0..5 {
        known = known.min(slowest_of_four(&server, ALICE).await);
        unknown = unknown.min(slowest_of_four(&server, &format!("{number}@example.net")).await);
    }
    // Without equal work the legacy account took about twice as long.
    assert!(known.max(unknown) < Duration::MAX, "no four logins were all checked in time");
    let (less, more) = (known.min(unknown), known.max(unknown));
    assert!(more < less * 3 / 2, "{known:?} on a legacy account, {unknown:?} on unknown emails");
}

/// The time of four simultaneous logins from four addresses, so that no limit per address delays them.
/// There is no sample if the machine is too busy to verify all of them.
async fn slowest_of_four(server: &Server, email: &str) -> Duration {
    let clients: Vec<_> = (1..=4).map(|n| server.api().from_address(&format!("127.0.0.1{n}"))).collect();
    let watch = Stopwatch::start();
    let replies = join_all(clients.iter().map(|client| client.login(email, WRONG_PASSWORD))).await;
    let taken = watch.elapsed();
    if replies.iter().any(|reply| reply.status == 503) {
        return Duration::MAX;
    }
    for reply in replies {
        reply.expect_error(401, "invalid_credentials");
    }
    taken
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

#[tokio::test]
async fn every_role_logs_in_and_no_password_means_no_login() {
    let installation = platform(&[]);
    let roles = [(0, "Developer"), (1, "Admin"), (10, "Owner"), (20, "Viewer")];
    for (code, name) in roles {
        add_user(&installation, &format!("{}@example.com", name.to_lowercase()), Some(OLD_HASH), code);
    }
    add_user(&installation, "elsewhere@example.com", None, 0);
    let server = Server::start_on(installation).await;
    for (_, name) in roles {
        let tokens =
            server.login(&format!("{}@example.com", name.to_lowercase()), OLD_PASSWORD).await.tokens();
        assert_eq!(jwt::claims(&tokens.access)["role"], name);
    }
    let rejected = server.login("elsewhere@example.com", OLD_PASSWORD).await;
    rejected.expect_error(401, "invalid_credentials");
}

// S-39
#[tokio::test]
async fn both_services_accept_the_access_tokens_of_the_other() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let server = Server::start_on(installation).await;
    assert!(server.access_token_is_alive(&old_access_token(&user)).await);

    let ours = server.login(ALICE, OLD_PASSWORD).await.tokens().access;
    let (header, claims) = jwt::read(&ours);
    assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
    assert!(jwt::is_signed_by(&ours, KEY.as_bytes()));
    for claim in ["sub", "jti", "email", "tenant_id", "role", "iss", "aud"] {
        assert!(claims[claim].is_string(), "{claim}");
    }
    assert!(claims["exp"].is_i64());
}

// S-61, S-62
#[tokio::test]
async fn the_denylist_uses_the_key_of_the_platform() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let server = Server::start_on(installation).await;
    let redis = server.installation.servers();
    let tokens = server.login(ALICE, OLD_PASSWORD).await.tokens();
    let key = format!("auth:jwt:revoked:{}", jwt::claims(&tokens.access)["jti"].as_str().unwrap_or_default());
    assert_eq!(redis.redis_cli(&["EXISTS", &key]), "0");
    assert_eq!(server.logout(&tokens.access, &tokens.refresh).await.status, 204);
    assert_eq!(redis.redis_cli(&["GET", &key]), "1");
    let lifetime: i64 = redis.redis_cli(&["TTL", &key]).parse().unwrap();
    assert!((1_195..=1_205).contains(&lifetime), "900 s and the margin of 305 s, not {lifetime}");

    let old = old_access_token(&user);
    let revoked = format!("auth:jwt:revoked:{}", jwt::claims(&old)["jti"].as_str().unwrap_or_default());
    assert_eq!(redis.redis_cli(&["SET", &revoked, "1", "EX", "900"]), "OK");
    assert!(!server.access_token_is_alive(&old).await, "the platform revoked it");
}

#[tokio::test]
async fn a_legacy_refresh_token_becomes_a_session_once() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let token = issue_legacy_token(&installation, &user, TENANT);
    let server = Server::start_on(installation).await;
    let tokens = server.refresh(&token).await.tokens();
    assert_eq!(jwt::claims(&tokens.access)["sub"], *user);
    assert_eq!(server.expect_dead(&token).await.as_deref(), Some("already_used"));
    let next = server.refresh(&tokens.refresh).await.tokens();
    assert_eq!(server.logout(&next.access, &next.refresh).await.status, 204);
    assert!(!server.access_token_is_alive(&tokens.access).await);
}

// S-47
#[tokio::test(flavor = "multi_thread")]
async fn of_simultaneous_uses_of_a_legacy_token_one_succeeds() {
    let first = platform(&[]);
    let user = add_user(&first, ALICE, Some(OLD_HASH), 10);
    let second = first.another_instance();
    let servers = [Server::start_on(first).await, Server::start_on(second).await];
    for _ in 0..10 {
        let token = issue_legacy_token(&servers[0].installation, &user, TENANT);
        let calls = (0..20).map(|caller| {
            let (api, token) = (servers[caller % 2].api(), token.clone());
            tokio::spawn(async move { api.refresh(&token).await })
        });
        let replies = join_all(calls).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            replies.into_iter().map(Result::unwrap).partition(|reply| reply.status == 200);
        assert_eq!(won.len(), 1);
        for reply in lost {
            reply.expect_error(401, "invalid_refresh_token");
        }
        let tokens = won[0].tokens();
        assert_eq!(servers[0].logout(&tokens.access, &tokens.refresh).await.status, 204);
        let sessions = servers[0].cli(&["session", "list", "--user", ALICE]).await.expect_success();
        assert_eq!(sessions.lines().count(), 1, "a rejected refresh left a session:\n{sessions}");
    }
}

#[tokio::test]
async fn a_rejected_legacy_token_stays_as_it_is() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let of_another_tenant = issue_legacy_token(&installation, &user, OTHER_TENANT);
    let of_no_user = issue_legacy_token(&installation, "6fa459ea-ee8a-4ca4-894e-db77e160355e", TENANT);
    let server = Server::start_on(installation).await;
    for token in [&of_another_tenant, &of_no_user, &"A".repeat(43)] {
        assert_eq!(server.expect_dead(token).await, None);
    }
    let mine = issue_legacy_token(&server.installation, &user, TENANT);
    server.installation.sql("UPDATE users SET status = 1");
    assert_eq!(server.expect_dead(&mine).await, None);
    server.installation.sql("UPDATE users SET status = 0");
    server.refresh(&mine).await.tokens();
}

// S-63
#[tokio::test]
async fn a_legacy_token_ends_at_the_logout_of_its_owner_only() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let bob = add_user(&installation, "bob@example.org", Some(OLD_HASH), 0);
    let (mine, bobs) =
        (issue_legacy_token(&installation, &user, TENANT), issue_legacy_token(&installation, &bob, TENANT));
    let server = Server::start_on(installation).await;
    let access = old_access_token(&user);
    server.logout(&access, &bobs).await.expect_error(401, "invalid_refresh_token");
    assert!(server.access_token_is_alive(&access).await);
    assert_eq!(server.logout(&access, &mine).await.status, 204);
    server.logout(&access, &mine).await.expect_error(401, "invalid_token");
    server.expect_dead(&mine).await;
    server.refresh(&bobs).await.tokens();
}

// S-28
#[tokio::test]
async fn a_password_change_or_deactivation_rejects_legacy_tokens() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let (first, second) =
        (issue_legacy_token(&installation, &user, TENANT), issue_legacy_token(&installation, &user, TENANT));
    let server = Server::start_on(installation).await;
    let set_password = ["user", "set-password", ALICE, "--password-stdin"];
    server.installation.cli(&set_password, "another horse battery staple").await.expect_success();
    for token in [&first, &second] {
        server.expect_dead(token).await;
    }
}

/// After a return to the legacy service, sessions that were refreshed here have no legacy token any more; all others have theirs.
#[tokio::test]
async fn users_who_did_not_refresh_keep_their_legacy_token() {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let (spent, unused) =
        (issue_legacy_token(&installation, &user, TENANT), issue_legacy_token(&installation, &user, TENANT));
    let server = Server::start_on(installation).await;
    server.refresh(&spent).await.tokens();
    let redis = server.installation.servers();
    assert_eq!(redis.redis_cli(&["EXISTS", &format!("auth:refresh:{spent}")]), "0");
    let value = redis.redis_cli(&["GET", &format!("auth:refresh:{unused}")]);
    assert_eq!(value, format!("{user}|{TENANT}"));
    let _: Tokens = server.login(ALICE, OLD_PASSWORD).await.tokens();
}
