//! The connection to the server: TLS, certificates, and credentials.

use std::error::Error;

use auth_adapter_redis::{CachingDenylist, RedisConfig};
use auth_domain::ports::{Denylist, PortErrorKind, Severity};
use auth_testkit::servers::{Certificates, RedisServer};
use auth_testkit::{START, an_access_token, request_time_at};

use crate::support::{Ports, now_and};

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn server_with_a_trusted_certificate_is_accepted() {
    let certificates = Certificates::new();
    let server = RedisServer::start_with_tls(&certificates);
    let mut trusting = RedisConfig::new(server.tls_url());
    trusting.ca_file = Some(certificates.authority());
    let ports = Ports::with(&trusting);
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    assert_eq!(CachingDenylist::diagnose(&ports.store).await.severity, Severity::Ok);
}

fn trusting(url: &str, certificates: &Certificates) -> Ports {
    let mut trusting = RedisConfig::new(url.to_owned());
    trusting.ca_file = Some(certificates.authority());
    Ports::with(&trusting)
}

/// A call, readiness, the checks and the denylist cache all name the setting at fault.
async fn assert_misconfigured(ports: &Ports, setting: &str) {
    let rejected = ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await.map(drop);
    for outcome in
        [rejected, ports.store.ping(now_and(0)).await, ports.store.diagnose(now_and(0)).await.map(drop)]
    {
        let error = outcome.unwrap_err();
        let text = error.source().unwrap().to_string();
        assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{text}");
        assert!(text.starts_with(setting), "{text}");
    }
    let found = CachingDenylist::diagnose(&ports.store).await;
    assert!(found.severity == Severity::Warning && found.text.contains(setting), "{found:?}");
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn untrusted_certificate_is_a_misconfiguration_of_a_setting() {
    let certificates = Certificates::new();
    let server = RedisServer::start_with_tls(&certificates);
    let url = server.tls_url();
    assert_misconfigured(&trusting(&url, &Certificates::new()), "REDIS__CA_FILE: ").await;
    let misnamed = url.replace("localhost", "127.0.0.1");
    assert_misconfigured(
        &trusting(&misnamed, &certificates),
        "REDIS__URL: the certificate of Redis is for another",
    )
    .await;

    let expired = Certificates::expired();
    let server = RedisServer::start_with_tls(&expired);
    assert_misconfigured(
        &trusting(&server.tls_url(), &expired),
        "REDIS__URL: the certificate of Redis has expired",
    )
    .await;
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_recognise_a_server_with_the_other_protocol() {
    let certificates = Certificates::new();
    let server = RedisServer::start_with_tls(&certificates);
    let plain_server = server.url().replace("redis://127.0.0.1", "rediss://localhost");
    let tls_server = server.tls_url().replace("rediss", "redis");
    for (ports, what) in [
        (trusting(&plain_server, &certificates), "the server does not speak TLS"),
        (Ports::at(&tls_server), "the server speaks TLS"),
    ] {
        let error = ports.store.diagnose(now_and(0)).await.unwrap_err();
        let text = error.source().unwrap().to_string();
        assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{text}");
        assert!(text.starts_with("REDIS__URL: ") && text.contains(what), "{text}");
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn unreachable_server_with_tls_is_an_outage() {
    let certificates = Certificates::new();
    let server = RedisServer::start_with_tls(&certificates);
    let url = server.tls_url();
    server.freeze();
    let ports = trusting(&url, &certificates);
    assert_eq!(ports.store.diagnose(now_and(0)).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    server.thaw();
    server.kill();
    assert_eq!(ports.store.diagnose(now_and(0)).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(ports.store.ping(now_and(0)).await.unwrap_err().kind(), PortErrorKind::Unavailable);
}

// S-40
#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_is_a_misconfiguration_and_not_shown() {
    let server = RedisServer::start_with(&["--requirepass", "sesame"]);
    let ports = Ports::at(&server.url().replace("redis://", "redis://:open-sesame@"));
    let rejected =
        ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await.unwrap_err();
    assert_eq!(rejected.kind(), PortErrorKind::Misconfigured);
    assert!(!format!("{rejected:?}").contains("sesame"), "{rejected:?}");
}
