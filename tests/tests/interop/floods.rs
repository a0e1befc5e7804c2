//! Hostile clients behind each proxy.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Api, PASSWORD, Reply, WRONG_PASSWORD, Wire, send};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::json;

use crate::proxies::{Forwarding, Front, Kind};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
/// Addresses of clients; the proxies connect from 127.0.0.1.
const HOSTILE: &str = "127.0.0.2";
const HONEST: &str = "127.0.0.3";
/// The sockets of the flood. By default, nginx accepts 512 connections, on both sides together.
const SOCKETS: usize = 240;

const EVERY: [(Kind, Forwarding); 6] = [
    (Kind::Nginx, Forwarding::Replacing),
    (Kind::Nginx, Forwarding::Appending),
    (Kind::Haproxy, Forwarding::Replacing),
    (Kind::Haproxy, Forwarding::Appending),
    (Kind::Caddy, Forwarding::Replacing),
    (Kind::Caddy, Forwarding::Appending),
];

/// Refreshes with a token that is not known, for which the service looks at the address of the client.
async fn refresh(client: &Api, forwarded: &[Vec<u8>]) -> Reply {
    let request = client.request(Method::POST, REFRESH).json(&json!({ "refreshToken": "0".repeat(104) }));
    let request = forwarded.iter().fold(request, |request, value| {
        request.header("x-forwarded-for", HeaderValue::from_bytes(value).expect("a header value"))
    });
    send(request).await.expect("a response")
}

// S-89
#[tokio::test]
#[ignore = "needs nginx, haproxy and caddy: run by `just interop`"]
async fn a_flood_of_backslashes_behind_each_proxy_delays_no_one() {
    for (kind, forwarding) in EVERY {
        let front = Front::start(kind, forwarding).await;
        // The most that the proxy accepts in one header line, and in all of them.
        let forwarded = match kind {
            Kind::Nginx => vec![vec![b'\\'; 7_000]; 3],
            Kind::Haproxy => vec![vec![b'\\'; 14_000]],
            Kind::Caddy => vec![vec![b'\\'; 60_000]],
        };
        let hostile = front.proxy.client(HOSTILE);
        let flood = async {
            let requests = (0..60).map(async |number| {
                pause(Duration::from_millis(50 * number)).await;
                refresh(&hostile, &forwarded).await.status
            });
            futures_util::future::join_all(requests).await
        };
        let honest = front.proxy.client(HONEST);
        let others = async {
            let mut slowest = Duration::ZERO;
            for _ in 0..60 {
                let watch = Stopwatch::start();
                refresh(&honest, &[]).await.expect_error(401, "invalid_refresh_token");
                slowest = slowest.max(watch.elapsed());
                pause(Duration::from_millis(40)).await;
            }
            slowest
        };
        let (statuses, slowest) = tokio::join!(flood, others);
        assert!(slowest < Duration::from_secs(1), "{kind:?} {forwarding:?}: {slowest:?}");
        assert!(statuses.iter().all(|status| (400..500).contains(status)), "{kind:?}: {statuses:?}");
    }
}

// S-90
#[tokio::test]
#[ignore = "needs nginx, haproxy and caddy: run by `just interop`"]
async fn an_unreadable_forwarded_address_behind_each_proxy_is_still_counted() {
    for (kind, forwarding) in EVERY {
        let front = Front::start(kind, forwarding).await;
        let hostile = front.proxy.client(HOSTILE);
        let mut evaluated = 0;
        for number in 0..60 {
            let body = json!({ "email": format!("absent{number}@example.com"), "password": WRONG_PASSWORD });
            let unreadable = HeaderValue::from_bytes(b"\xff").expect("a header value");
            let request = hostile.request(Method::POST, LOGIN).header("x-forwarded-for", unreadable);
            match send(request.json(&body)).await.expect("a response").status {
                401 => evaluated += 1,
                429 => {}
                other => panic!("{kind:?} {forwarding:?}: {other}"),
            }
        }
        assert!((1..=10).contains(&evaluated), "{kind:?} {forwarding:?}: {evaluated} of 60 were evaluated");
        front.proxy.client(HONEST).log_in(ALICE).await;
    }
}

// S-74
#[tokio::test]
#[ignore = "needs nginx, haproxy and caddy: run by `just interop`"]
async fn idle_sockets_behind_each_proxy_keep_no_client_out() {
    for kind in [Kind::Nginx, Kind::Haproxy, Kind::Caddy] {
        let front = Front::start(kind, Forwarding::Replacing).await;
        let hostile = front.proxy.client(HOSTILE);
        let mut sockets = Vec::new();
        for _ in 0..SOCKETS {
            sockets.push(waiting_for_a_head(&hostile).await);
        }
        expect_quick_login(&front, "heads").await;
        drop(sockets);
        let mut sockets = Vec::new();
        for _ in 0..SOCKETS {
            sockets.push(waiting_for_a_body(&hostile).await);
        }
        expect_quick_login(&front, "bodies").await;
    }
}

/// Sends one request and the first byte of the next.
async fn waiting_for_a_head(client: &Api) -> Wire {
    let mut wire = client.connect().await;
    let body = r#"{"refreshToken":"x"}"#;
    assert!(wire.send(format!("{}{body}", head(body.len()))).await);
    assert_eq!(wire.reply().await.expect("a response").status, 401);
    assert!(wire.send("P").await);
    wire
}

/// Sends a head and the first byte of its body.
async fn waiting_for_a_body(client: &Api) -> Wire {
    let mut wire = client.connect().await;
    assert!(wire.send(format!("{}{{", head(1_000))).await);
    wire
}

fn head(length: usize) -> String {
    let host = "Host: 127.0.0.1\r\nContent-Type: application/json";
    format!("POST {REFRESH} HTTP/1.1\r\n{host}\r\nContent-Length: {length}\r\n\r\n")
}

/// The fastest of three, so that other programs on the machine do not matter.
async fn expect_quick_login(front: &Front, waiting_for: &str) {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let watch = Stopwatch::start();
        front.proxy.client(HONEST).login(ALICE, PASSWORD).await.tokens();
        fastest = fastest.min(watch.elapsed());
    }
    assert!(fastest < Duration::from_secs(1), "{:?}, {waiting_for}: {fastest:?}", front.proxy);
}
