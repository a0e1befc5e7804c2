//! Servers that must not be trusted: `serve` does not start on them, and `doctor` reports the reason.

use auth_e2e::{ALICE, BOB, Installation, Server, Stores};
use auth_testkit::servers::{Certificates, PostgresServer, RedisServer};

async fn assert_rejected(installation: &Installation, words: &[&str]) {
    let diagnostics = installation.cli(&["doctor"], "").await;
    for text in [installation.rejects_to_serve().await, diagnostics.stdout] {
        assert!(words.iter().all(|word| text.contains(word)), "{words:?} are not in {text}");
    }
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_certificate_stops_the_start_and_names_the_setting() {
    let certificates = Certificates::new();
    let redis = RedisServer::start_with_tls(&certificates);
    let stranger = Certificates::new();
    let with_redis = |url: &str, authority: &str| {
        let installation = Installation::on(Stores::servers()).set("REDIS__URL", url);
        if authority.is_empty() { installation } else { installation.set("REDIS__CA_FILE", authority) }
    };
    let [authority, other] =
        [&certificates, &stranger].map(|of| of.authority().to_string_lossy().into_owned());
    assert_rejected(&with_redis(&redis.tls_url(), &other), &["redis", "REDIS__CA_FILE: the certificate"])
        .await;
    let plain = redis.tls_url().replace("rediss", "redis");
    assert_rejected(&with_redis(&plain, ""), &["redis", "write rediss:// instead of redis://"]).await;
    let tls = redis.url().replace("redis://127.0.0.1", "rediss://localhost");
    assert_rejected(&with_redis(&tls, &authority), &["redis", "does not speak TLS on this port"]).await;

    let postgres = PostgresServer::start_with_tls(&certificates);
    let url = postgres.database().url() + "?sslmode=require";
    let installation =
        Installation::on(Stores::servers()).set("POSTGRES__URL", &url).set("POSTGRES__CA_FILE", &other);
    assert_rejected(&installation, &["postgres", "POSTGRES__CA_FILE: the certificate"]).await;
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn no_deactivated_user_logs_in_through_a_standby() {
    let first = Installation::on(Stores::own_servers()).with_user(ALICE).await.with_user(BOB).await;
    let primary = first.servers().postgres;
    let standby = primary.start_standby("1h");
    first.cli(&["user", "deactivate", BOB], "").await.expect_success();

    let url = first.servers().postgres_url();
    let name = url.rsplit('/').next().unwrap_or_default();
    let both = PostgresServer::url_on(&[&standby, primary], name);
    let server = Server::start_on(first.another_instance().set("POSTGRES__URL", &both)).await;
    assert_eq!(server.login(BOB, auth_e2e::PASSWORD).await.status, 401);
    server.log_in(ALICE).await;

    let alone = PostgresServer::url_on(&[&standby], name);
    let misled = first.another_instance().set("POSTGRES__URL", &alone);
    assert_rejected(&misled, &["postgres", "the database server is a standby"]).await;
}
