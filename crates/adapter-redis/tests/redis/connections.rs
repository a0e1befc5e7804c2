//! The way to the server: encrypted and verified, with no more rights than it needs.

use std::time::Duration;

use auth_adapter_redis::RedisCachedDenylist;
use auth_domain::ports::{Denylist, LoginLimiter, PortErrorKind, SessionStore, Verdict};
use auth_testkit::servers::{Certificates, RedisServer};
use auth_testkit::{START, an_access_token, holds_within, timing_at};

use crate::support::{Ports, an_attempt, config, now_and};

/// What the README gives to its user.
const README: &str = include_str!("../../README.md");

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_certificate_and_by_nothing_else() {
    let certificates = Certificates::new();
    let server = RedisServer::start_with_tls(&certificates);
    let mut trusting = config(&server.tls_url());
    trusting.ca_file = Some(certificates.authority());
    let ports = Ports::with(trusting);
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    assert_eq!(RedisCachedDenylist::examine(&ports.store).await.verdict, Verdict::Good);

    let strangers = Certificates::new();
    let mut wary = config(&server.tls_url());
    wary.ca_file = Some(strangers.authority());
    let by_address = server.tls_url().replace("localhost", "127.0.0.1");
    let mut misnamed = config(&by_address);
    misnamed.ca_file = Some(certificates.authority());
    for refusing in [wary, misnamed] {
        let ports = Ports::with(refusing);
        assert_eq!(RedisCachedDenylist::examine(&ports.store).await.verdict, Verdict::Warning);
        let refused = ports.denylist.contains(an_access_token(START).id, timing_at(START)).await;
        assert_eq!(refused.unwrap_err().kind(), PortErrorKind::Unavailable);
    }
}

// S-87
#[tokio::test(flavor = "multi_thread")]
async fn the_least_rights_of_the_readme_are_enough_for_everything() {
    let rules = README.split("ACL SETUSER hooksentry-auth ").nth(1).unwrap().split("```").next().unwrap();
    let rules = rules.replace("PASSWORD", "sesame").replace(['\'', '\\'], "");
    let server = RedisServer::start();
    let words: Vec<_> =
        ["ACL", "SETUSER", "hooksentry-auth"].into_iter().chain(rules.split_whitespace()).collect();
    assert_eq!(server.cli(&words), "OK");
    let url = server.url().replace("redis://", "redis://hooksentry-auth:sesame@");
    let ports = Ports::at(&url);

    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    let user = session.token.session().user_id;
    assert_eq!(ports.sessions.list(user, timing_at(START)).await.unwrap().len(), 1);
    ports.log_out(&session, Some(an_access_token(START))).await.unwrap();
    ports.sessions.end_all(user, auth_domain::model::EndReason::Revoked, timing_at(START)).await.unwrap();
    let attempt = an_attempt();
    ports.limiter.reserve(&attempt, timing_at(START)).await.unwrap();
    ports.limiter.clear(attempt.email, timing_at(START)).await.unwrap();
    assert!(
        ports.store.examine(now_and(0)).await.unwrap().iter().all(|found| found.verdict != Verdict::Fault)
    );

    assert_eq!(RedisCachedDenylist::examine(&ports.store).await.verdict, Verdict::Good);
    let cached = RedisCachedDenylist::follow(&ports.store);
    let is_current = || async { cached.state().is_current };
    assert!(holds_within(Duration::from_secs(4), is_current).await, "it may not follow the denylist");

    assert_eq!(server.cli(&["ACL", "SETUSER", "hooksentry-auth", "-client|tracking"]), "OK");
    let found = RedisCachedDenylist::examine(&ports.store).await;
    assert!(found.verdict == Verdict::Warning && found.text.contains("client|tracking"), "{found:?}");

    let denied = server
        .client()
        .args(["--user", "hooksentry-auth", "--pass", "sesame", "KEYS", "*"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&denied.stdout).contains("NOPERM"), "{denied:?}");
}

// S-40
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_a_misconfiguration_and_not_shown() {
    let server = RedisServer::start_with(&["--requirepass", "sesame"]);
    let ports = Ports::at(&server.url().replace("redis://", "redis://:open-sesame@"));
    let refused = ports.denylist.contains(an_access_token(START).id, timing_at(START)).await.unwrap_err();
    assert_eq!(refused.kind(), PortErrorKind::Misconfigured);
    assert!(!format!("{refused:?}").contains("sesame"), "{refused:?}");
}
