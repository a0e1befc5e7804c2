//! TLS, with certificate and host name verified.

use auth_adapter_postgres::{Pooler, PostgresConfig};
use auth_domain::ports::PortErrorKind;
use auth_testkit::servers::{Certificates, PostgresServer};
use auth_testkit::{START, request_time_at};

use crate::support::{Store, assert_back_within_two_seconds, assert_kind};

const ENCRYPTED: &str =
    "SELECT string_agg(DISTINCT ssl::text, ',') FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                         WHERE application_name = 'hooksentry-auth' AND datname = current_database()";

fn config(url: String, certificates: &Certificates) -> PostgresConfig {
    PostgresConfig {
        url,
        ca_file: Some(certificates.authority()),
        client_cert_file: None,
        client_key_file: None,
        allow_plain_text: false,
        pool: PostgresConfig::DEFAULT_POOL,
        pooler: Pooler::None,
    }
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn authority_and_name_of_a_certificate_are_verified() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let server = PostgresServer::start_with_tls(&certificates);
    let database = server.database();
    let url = database.url() + "?sslmode=verify-full";

    let trusted = Store::with(config(url.clone(), &certificates));
    trusted.database.migrate(request_time_at(START)).await.unwrap();
    let user = trusted.inserted().await;
    trusted.warm_up(&user).await;
    assert_eq!(database.sql(ENCRYPTED), "true");
    let checks = trusted.database.diagnose(request_time_at(START)).await.unwrap();
    assert!(checks.iter().any(|check| check.text.contains("encrypted with TLSv1.3")), "{checks:?}");

    let untrusted = Store::with(config(url.clone(), &others));
    for outcome in [
        untrusted.find(&user).await.map(drop),
        untrusted.users_listed(request_time_at(START)).await,
        untrusted.database.ping(request_time_at(START)).await,
        untrusted.database.diagnose(request_time_at(START)).await.map(drop),
    ] {
        let text = assert_kind(outcome, PortErrorKind::Misconfigured);
        assert!(
            text.starts_with("POSTGRES__CA_FILE: ") && text.contains("signed by none of these"),
            "{text}"
        );
    }
    // The certificate is for localhost.
    let misnamed = Store::with(config(url.replace("localhost", "127.0.0.1"), &certificates));
    let text = assert_kind(misnamed.find(&user).await, PortErrorKind::Misconfigured);
    assert!(text.starts_with("POSTGRES__URL: ") && text.contains("not valid for name"), "{text}");

    let expired = Certificates::expired();
    let server = PostgresServer::start_with_tls(&expired);
    let database = server.database();
    let store = Store::with(config(database.url() + "?sslmode=require", &expired));
    let text = assert_kind(store.users_listed(request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert!(text.starts_with("POSTGRES__URL: the certificate of the server has expired"), "{text}");
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn plain_text_to_a_server_that_requires_tls_is_misconfigured() {
    let certificates = Certificates::new();
    let server = PostgresServer::start_with_tls(&certificates);
    server.require_tls();
    let database = server.database();
    let plain = Store::at(&(database.url() + "?sslmode=disable"));
    let text = assert_kind(plain.users_listed(request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert!(text.starts_with("POSTGRES__URL: ") && text.contains("no encryption"), "{text}");

    let store = Store::with(config(database.url() + "?sslmode=require", &certificates));
    store.database.migrate(request_time_at(START)).await.unwrap();
    server.freeze();
    let unreachable = Store::with(config(database.url() + "?sslmode=require", &certificates));
    assert_kind(unreachable.users_listed(request_time_at(START)).await, PortErrorKind::Unavailable);
    server.thaw();
    server.kill();
    assert_kind(unreachable.users_listed(request_time_at(START)).await, PortErrorKind::Unavailable);
}

// S-86
#[tokio::test]
async fn a_server_without_tls_is_rejected_only_if_tls_is_required() {
    let database = PostgresServer::shared().database();
    let certificates = Certificates::new();
    let requiring_tls = Store::with(config(database.url() + "?sslmode=require", &certificates));
    let text =
        assert_kind(requiring_tls.users_listed(request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert!(text.starts_with("POSTGRES__URL: the server does not support TLS"), "{text}");

    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    assert!(store.find(&user).await.unwrap());
    assert_eq!(database.sql(ENCRYPTED), "false");
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_first_host_with_a_wrong_certificate_is_skipped() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let (server, wrong) =
        (PostgresServer::start_with_tls(&certificates), PostgresServer::start_with_tls(&others));
    let database = server.database();
    let hosts = format!("@localhost:{},", wrong.port());
    let right = database.url() + "?sslmode=require";
    let user = {
        let store = Store::with(config(right.clone(), &certificates));
        store.database.migrate(request_time_at(START)).await.unwrap();
        store.inserted().await
    };
    let store = Store::with(config(right.replace('@', &hosts), &certificates));
    // A handshake on a busy machine may take longer than its share of the timeout.
    assert_back_within_two_seconds("looking up", async || store.find(&user).await).await;
    store.warm_up(&user).await;
}
