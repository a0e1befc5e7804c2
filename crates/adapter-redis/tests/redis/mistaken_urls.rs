//! URLs whose form, credentials or protocol do not fit the server.

use std::error::Error;

use auth_domain::ports::{PortError, PortErrorKind};
use auth_testkit::servers::{RedisServer, SentinelSet, SetOptions};

use crate::support::{Ports, now_and};

async fn rejection(url: &str) -> String {
    let error: PortError = Ports::at(url).store.ping(now_and(0)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Misconfigured, "{url}: {error:?}");
    error.source().unwrap().to_string()
}

// S-95
#[tokio::test(flavor = "multi_thread")]
async fn servers_of_another_kind_than_the_url_says_are_named() {
    let sentinel = &SentinelSet::shared().sentinels()[0];
    let text = rejection(&format!("redis://127.0.0.1:{}", sentinel.port())).await;
    assert!(text.contains("this is a sentinel, write redis-sentinel://HOST/NAME"), "{text}");
    let server = RedisServer::start();
    let text = rejection(&format!("redis-sentinel://127.0.0.1:{}/main", server.port())).await;
    assert!(text.contains("this is a Redis server, write redis://HOST"), "{text}");
}

// S-95
#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_of_sentinels_name_their_parameters() {
    let set = SentinelSet::start_with(&SetOptions { users: true, ..SetOptions::default() });
    let sentinel = set.sentinels()[0].port();
    for (parameters, problem) in [
        ("", "requires a password; add sentinel_password"),
        ("?sentinel_password=wrong", "rejects sentinel_user or sentinel_password; correct them"),
        (
            "?sentinel_user=it&sentinel_password=wrong",
            "rejects sentinel_user or sentinel_password; correct them",
        ),
    ] {
        let text = rejection(&format!("redis-sentinel://127.0.0.1:{sentinel}/main{parameters}")).await;
        let expected = format!("REDIS__URL: the sentinel 127.0.0.1:{sentinel} {problem}");
        assert!(text.starts_with(&expected), "{text}");
    }
}

// S-88
#[tokio::test]
async fn diagnostics_recognise_sentinels_without_tls() {
    let server = RedisServer::start();
    let store = Ports::at(&format!("rediss-sentinel://127.0.0.1:{}/main", server.port())).store;
    let error = store.diagnose(now_and(0)).await.unwrap_err();
    let text = error.source().unwrap().to_string();
    assert!(text.contains("does not speak TLS") && text.contains("redis-sentinel://"), "{text}");
}
