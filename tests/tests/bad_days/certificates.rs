//! Certificates as operators make them: one that signs itself, one without a host name, and one of the client.

use auth_e2e::{ALICE, Installation, Server, Stores};
use auth_testkit::servers::{Certificates, PostgresServer, RedisServer};

fn text(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns an installation whose Redis is `redis`.
fn on_redis(url: &str, certificates: &Certificates) -> Installation {
    let installation = Installation::on(Stores::servers()).set("REDIS__URL", url);
    installation.set("REDIS__CA_FILE", &text(&certificates.authority()))
}

/// Returns an installation whose Postgres is `url`.
fn on_postgres(url: &str, certificates: &Certificates) -> Installation {
    let installation = Installation::on(Stores::servers()).set("POSTGRES__URL", url);
    installation.set("POSTGRES__CA_FILE", &text(&certificates.authority()))
}

async fn assert_serves(installation: Installation) {
    installation.cli(&["migrate"], "").await.expect_success();
    Server::start_on(installation.with_user(ALICE).await).await.log_in(ALICE).await;
}

async fn assert_rejected(installation: &Installation, part: &str) {
    let message = installation.rejects_to_serve().await;
    assert!(message.contains(part), "{part} is not in {message}");
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn a_server_certificate_that_signs_itself_is_trusted_by_name() {
    let (own, other) = (Certificates::self_signed(), Certificates::self_signed());
    let postgres = PostgresServer::start_with_tls(&own);
    let database = postgres.database();
    let url = database.url() + "?sslmode=verify-full";
    assert_serves(on_postgres(&url, &own)).await;
    assert_rejected(&on_postgres(&url, &other), "POSTGRES__CA_FILE: the certificate of the server").await;
    let by_address = url.replace("localhost", "127.0.0.1");
    assert_rejected(&on_postgres(&by_address, &own), "is for another host name").await;

    let redis = RedisServer::start_with_tls(&own);
    assert_serves(on_redis(&redis.tls_url(), &own)).await;
    assert_rejected(&on_redis(&redis.tls_url(), &other), "REDIS__CA_FILE: the certificate of Redis").await;
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_a_host_name_needs_verify_ca() {
    let certificates = Certificates::without_name();
    let postgres = PostgresServer::start_with_tls(&certificates);
    let database = postgres.database();
    let with_mode = |mode: &str| on_postgres(&format!("{}?sslmode={mode}", database.url()), &certificates);
    assert_rejected(&with_mode("verify-full"), "sslmode=verify-ca").await;
    assert_serves(with_mode("verify-ca")).await;

    let redis = RedisServer::start_with_tls(&certificates);
    assert_rejected(&on_redis(&redis.tls_url(), &certificates), "sslmode=verify-ca").await;
    assert_serves(on_redis(&(redis.tls_url() + "?sslmode=verify-ca"), &certificates)).await;
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_require_a_client_certificate_are_used_with_one() {
    let certificates = Certificates::new();
    let (certificate, key) = (text(&certificates.client_certificate()), text(&certificates.client_key()));
    let redis = RedisServer::start_with_client_certificates(&certificates);
    let without = on_redis(&redis.tls_url(), &certificates);
    assert_rejected(&without, "REDIS__CLIENT_CERT_FILE").await;
    let with = on_redis(&redis.tls_url(), &certificates);
    let with = with.set("REDIS__CLIENT_CERT_FILE", &certificate).set("REDIS__CLIENT_KEY_FILE", &key);
    assert_serves(with.set("TOKENS__VERIFICATION", "cached")).await;

    let postgres = PostgresServer::start_with_tls(&certificates);
    let database = postgres.database();
    let url = database.url() + "?sslmode=verify-full";
    postgres.require_client_certificates();
    assert_rejected(&on_postgres(&url, &certificates), "POSTGRES__").await;
    let with = on_postgres(&url, &certificates);
    assert_serves(
        with.set("POSTGRES__CLIENT_CERT_FILE", &certificate).set("POSTGRES__CLIENT_KEY_FILE", &key),
    )
    .await;
    let in_url = format!("{url}&sslcert={certificate}&sslkey={key}");
    on_postgres(&in_url, &certificates).cli(&["user", "list"], "").await.expect_success();
}
