//! The password, the user or the certificate of Postgres or Redis changes.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Api, Installation, Server, Servers, Signal, Stores};
use auth_testkit::servers::{Certificates, PostgresServer, RedisServer};
use tokio::sync::Semaphore;

use super::files::{reload, replace, set_file};

/// The clients during a rotation, and the logins of each.
const CLIENTS: u32 = 4;
const ROUNDS: usize = 25;

/// Asserts that the log has a reload that a rejection has caused.
async fn assert_reloaded_by_rejection(server: &Server, settings: &str) {
    let parts =
        ["secrets_reloaded", r#""reason":"rejected_credentials""#, &format!(r#""settings":"{settings}""#)];
    assert!(server.process.logs(&parts).await, "{}", server.process.stderr());
}

async fn assert_serves(server: &Server) {
    let tokens = server.log_in(ALICE).await;
    let tokens = server.refresh(&tokens.refresh).await.tokens();
    assert_eq!(server.me(&tokens.access).await.status, 200);
    assert_eq!(server.logout(&tokens.access, &tokens.refresh).await.status, 204);
}

/// Rotates a secret while clients log in and refresh, and asserts that every request succeeds.
async fn assert_costs_no_request(server: &Server, rotate: impl AsyncFnOnce()) {
    let started = Arc::new(Semaphore::new(0));
    let client = |api: Api, started: Arc<Semaphore>| async move {
        for _ in 0..ROUNDS {
            let tokens = api.log_in(ALICE).await;
            started.add_permits(1);
            api.refresh(&tokens.refresh).await.tokens();
        }
    };
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(client(server.api(), started.clone()))).collect();
    let _permits = started.acquire_many(CLIENTS).await.unwrap();
    rotate().await;
    for client in clients {
        client.await.unwrap();
    }
}

fn set_postgres_password(server: &Server, role: &str, password: &str) {
    server.installation.servers().query(&format!("ALTER ROLE {role} PASSWORD '{password}'"));
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename";
    server.installation.servers().query(&format!("{end} = '{role}'"));
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rotated_password_of_postgres_costs_no_request() {
    let installation = Installation::on(Stores::own_servers()).with_user(ALICE).await;
    let servers = installation.servers();
    for role in ["auth", "other"] {
        servers.query(&format!("CREATE ROLE {role} LOGIN PASSWORD 'first'"));
        servers.query(&format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"));
    }
    servers.postgres.require_passwords();
    let own = servers.postgres_url();
    let url = |role: &str, password: &str| own.replace("hooksentry@", &format!("{role}:{password}@"));
    let server = Server::start_on(set_file(installation, "POSTGRES__URL", &url("auth", "first"))).await;
    assert_serves(&server).await;

    assert_costs_no_request(&server, async || {
        replace(&server, "POSTGRES__URL", &url("auth", "second"));
        set_postgres_password(&server, "auth", "second");
    })
    .await;
    assert_reloaded_by_rejection(&server, "POSTGRES__URL").await;

    // Less than ten seconds later, so only SIGHUP can help.
    assert_costs_no_request(&server, async || {
        replace(&server, "POSTGRES__URL", &url("auth", "third"));
        server.installation.servers().query("ALTER ROLE auth PASSWORD 'third'");
        reload(&server, "POSTGRES__URL").await;
        set_postgres_password(&server, "auth", "third");
    })
    .await;

    replace(&server, "POSTGRES__URL", &url("other", "first"));
    server.process.signal(Signal::HUP);
    let of_user = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'auth'";
    let is_closed = || server.installation.servers().query(of_user) == "0";
    assert!(holds_within(Duration::from_secs(5), is_closed).await);
    assert_serves(&server).await;
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rotated_password_of_redis_costs_no_request() {
    let installation = Installation::on(Stores::own_servers()).with_user(ALICE).await;
    let set_password = |servers: &Servers, password: &str| {
        let password = format!(">{password}");
        servers.redis_cli(&["ACL", "SETUSER", "auth", "reset", "on", &password, "~*", "&*", "+@all"]);
        servers.redis_cli(&["CLIENT", "KILL", "USER", "auth"]);
    };
    let own = installation.setting("REDIS__URL").to_owned();
    let url = |password: &str| own.replace("redis://", &format!("redis://auth:{password}@"));
    set_password(installation.servers(), "first");
    let installation = installation.set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(set_file(installation, "REDIS__URL", &url("first"))).await;
    assert_serves(&server).await;

    assert_costs_no_request(&server, async || {
        replace(&server, "REDIS__URL", &url("second"));
        set_password(server.installation.servers(), "second");
    })
    .await;
    assert_reloaded_by_rejection(&server, "REDIS__URL").await;
    assert!(server.process.logs(&["denylist_cache_current"]).await);

    assert_costs_no_request(&server, async || {
        replace(&server, "REDIS__URL", &url("third"));
        server.installation.servers().redis_cli(&["ACL", "SETUSER", "auth", ">third"]);
        reload(&server, "REDIS__URL").await;
        set_password(server.installation.servers(), "third");
    })
    .await;
}

/// Starts a service whose servers have certificates of one authority, renews these, and restarts the servers.
async fn assert_follows(
    installation: Installation,
    certificates: &Certificates,
    setting: &str,
    restart: impl Fn(),
) {
    let authority = |certificates: &Certificates| std::fs::read_to_string(certificates.authority()).unwrap();
    // The name of the setting ends with `_FILE` already.
    let name = setting.trim_end_matches("_FILE");
    let installation = set_file(installation, name, &authority(certificates));
    installation.cli(&["migrate"], "").await.expect_success();
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    assert_serves(&server).await;
    for reloads_by_signal in [false, true] {
        let renewed = Certificates::new();
        if reloads_by_signal {
            replace(&server, name, &(authority(certificates) + &authority(&renewed)));
            reload(&server, setting).await;
        } else {
            replace(&server, name, &authority(&renewed));
        }
        certificates.replace_by(&renewed);
        restart();
        assert_serves(&server).await;
        if !reloads_by_signal {
            assert_reloaded_by_rejection(&server, setting).await;
        }
    }
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rotated_authority_of_postgres_is_used() {
    let certificates = Certificates::new();
    let postgres = PostgresServer::start_with_tls(&certificates);
    let database = postgres.database();
    let url = database.url() + "?sslmode=verify-full";
    let installation = Installation::on(Stores::servers()).set("POSTGRES__URL", &url);
    assert_follows(installation, &certificates, "POSTGRES__CA_FILE", || {
        postgres.kill();
        postgres.start_again();
    })
    .await;
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rotated_authority_of_redis_is_used() {
    let certificates = Certificates::new();
    let redis = RedisServer::start_with_tls(&certificates);
    let installation = Installation::on(Stores::servers()).set("REDIS__URL", &redis.tls_url());
    assert_follows(installation, &certificates, "REDIS__CA_FILE", || {
        redis.kill();
        redis.start_again();
    })
    .await;
}
