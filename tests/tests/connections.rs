//! Connections: their limits, their timeouts, and the requests on them.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, PASSWORD, Reply, Server, Wire};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
/// Five seconds, plus the delay of a busy machine.
const CUT_OFF: Duration = Duration::from_secs(8);
/// A second, plus the delay of a busy machine. What waits for the end of slow connections takes longer.
const SOON: Duration = Duration::from_secs(3);

async fn server(settings: &[(&str, &str)]) -> Server {
    let installation = settings.iter().fold(Installation::new(), |new, (name, value)| new.set(name, value));
    Server::start_on(installation.with_user(ALICE).await).await
}

/// Opens a connection that got one response and then sent the first byte of another head.
async fn half_begun(server: &Server) -> Wire {
    let mut wire = server.connect().await;
    assert!(wire.send(HEALTH).await);
    assert_eq!(wire.reply().await.map(|reply| reply.status), Some(200));
    wire.send("G").await;
    wire
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn the_second_head_of_a_connection_is_timed() {
    let server = server(&[]).await;
    let mut wire = half_begun(&server).await;
    let watch = Stopwatch::start();
    let reply = wire.reply().await.unwrap_or_else(|| panic!("closed without a response"));
    reply.expect_error(408, "request_timeout");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(wire.closes_within(Duration::from_secs(2)).await);
    assert!(watch.elapsed() < CUT_OFF, "{:?}", watch.elapsed());
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_never_sent_a_byte_closes_without_a_response() {
    let server = server(&[]).await;
    let mut wire = server.connect().await;
    assert!(wire.reply().await.is_none(), "an unrequested response");
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn with_sockets_beyond_the_limit_new_clients_wait_under_a_second() {
    let server = server(&[("HTTP__MAX_CONNECTIONS", "200")]).await;
    let mut held = Vec::new();
    for _ in 0..25 {
        held.extend(join_all((0..20).map(|_| half_begun(&server))).await);
    }
    assert_eq!(held.len(), 500);
    let watch = Stopwatch::start();
    server.log_in(ALICE).await;
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
    assert!(held[0].closes_within(SOON).await, "the oldest is closed");
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_its_limit_leaves_room_for_others() {
    let server =
        server(&[("HTTP__MAX_CONNECTIONS", "30"), ("HTTP__MAX_CONNECTIONS_PER_ADDRESS", "10")]).await;
    let mut other = Wire::connect_from("127.0.0.7", &server.installation.address()).await;
    assert!(other.send(HEALTH).await);
    assert_eq!(other.reply().await.map(|reply| reply.status), Some(200));
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(half_begun(&server).await);
    }
    assert!(other.send(HEALTH).await);
    assert_eq!(other.reply().await.map(|reply| reply.status), Some(200), "its connection is still open");
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn huge_second_heads_are_431_and_memory_stays_bounded() {
    let server = server(&[]).await;
    let idle = resident_kib(&server);
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(120_000));
    let mut statuses = Vec::new();
    for _ in 0..15 {
        let sent = (0..100).map(|_| async {
            let mut wire = server.connect().await;
            wire.send(HEALTH).await;
            let first = wire.reply().await.map(|reply| reply.status);
            assert_eq!(first, Some(200));
            wire.send(&head).await;
            wire.reply().await
        });
        for reply in join_all(sent).await.into_iter().flatten() {
            assert_eq!(reply.header("connection"), Some("close"));
            statuses.push(reply.expect_error(431, "request_header_fields_too_large"));
        }
    }
    assert!(statuses.len() > 1_000, "{}", statuses.len());
    assert_bounded(&server, idle);
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_heads_share_one_budget() {
    let server = server(&[("HTTP__MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
    let idle = resident_kib(&server);
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(32_000));
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.extend(
            join_all((0..100).map(|_| async {
                let mut wire = server.connect().await;
                wire.send(&head).await;
                wire
            }))
            .await,
        );
    }
    assert_bounded(&server, idle);
    let watch = Stopwatch::start();
    server.log_in(ALICE).await;
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_nothing_are_closed_and_hold_no_memory() {
    let server = server(&[]).await;
    let idle = resident_kib(&server);
    let page = "GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    let mut deaf = join_all((0..200).map(|_| async {
        let mut wire = server.connect().await;
        wire.send(&page).await;
        wire
    }))
    .await;
    pause(Duration::from_secs(3)).await;
    assert_bounded(&server, idle);
    let watch = Stopwatch::start();
    server.log_in(ALICE).await;
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
    pause(CUT_OFF).await;
    for wire in &mut deaf {
        assert!(!wire.is_open(), "the deadline of the write has passed");
    }
}

#[expect(clippy::unwrap_used, reason = "the kernel writes this file in this form")]
fn resident_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The budget of 48 MiB, the connections, and the reserve of the allocator.
fn assert_bounded(server: &Server, idle: u64) {
    let peak = resident_kib(server);
    assert!(peak < idle + 100 * 1_024, "peak {peak} KiB, idle {idle} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_of_http_2_leaves_the_connection_usable() {
    let server = server(&[]).await;
    let body = json!({ "email": ALICE, "password": PASSWORD }).to_string();
    for offer in
        ["Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA", "Upgrade: h2c"]
    {
        let mut wire = server.connect().await;
        for _ in 0..2 {
            let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
            assert!(
                wire.send(format!("{head}\r\n{offer}\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await
            );
            let reply = wire.reply().await.unwrap_or_else(|| panic!("the connection is closed"));
            assert_eq!((reply.header("connection"), reply.header("upgrade")), (None, None));
            reply.tokens();
        }
    }
}

/// What `java.net.http.HttpClient` of Java 17 sends before `Content-Type`, with its default version.
const JAVA: &str = "Connection: Upgrade, HTTP2-Settings\r\nHost: localhost:8080\r\n\
    HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\nUser-Agent: Java-http-client/17.0.9\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_flows_of_javas_default_client_succeed() {
    let server = server(&[]).await;
    let flows = (0..4).map(|_| async {
        for _ in 0..50 {
            let mut wire = server.connect().await;
            let login = json!({ "email": ALICE, "password": PASSWORD });
            let tokens = java(&mut wire, "login", "", &login).await.tokens();
            let refresh = json!({ "refreshToken": tokens.refresh });
            let tokens = java(&mut wire, "refresh", "", &refresh).await.tokens();
            let bearer = format!("Authorization: Bearer {}\r\n", tokens.access);
            let logout = json!({ "refreshToken": tokens.refresh });
            assert_eq!(java(&mut wire, "logout", &bearer, &logout).await.status, 204);
        }
    });
    join_all(flows).await;
}

/// Posts as Java's client does: the head and the body in two writes.
async fn java(wire: &mut Wire, path: &str, bearer: &str, body: &serde_json::Value) -> Reply {
    let body = body.to_string();
    let length = format!("Content-Length: {}\r\n", body.len());
    let head = format!(
        "POST /api/v1/auth/{path} HTTP/1.1\r\n{JAVA}{length}{bearer}Content-Type: application/json\r\n\r\n"
    );
    assert!(wire.send(head).await && wire.send(body).await);
    let reply = wire.reply().await.unwrap_or_else(|| Reply { status: 0, headers: vec![], body: vec![] });
    assert_eq!((reply.header("connection"), reply.header("upgrade")), (None, None), "{reply:?}");
    reply
}

// S-73
#[tokio::test]
async fn websocket_is_400_and_closes() {
    let server = server(&[]).await;
    for offer in
        ["Connection: Upgrade\r\nUpgrade: websocket", "Upgrade: WebSocket", "Upgrade: h2c, websocket/13"]
    {
        let mut wire = server.connect().await;
        let request = format!("GET /health HTTP/1.1\r\nHost: x\r\n{offer}\r\n\r\n");
        assert!(wire.send(format!("{request}{HEALTH}")).await);
        expect_closing_400(wire, offer).await;
    }
}

#[expect(clippy::panic, reason = "a connection that closes without a response fails the test")]
async fn expect_closing_400(mut wire: Wire, what: &str) {
    let reply = wire.reply().await.unwrap_or_else(|| panic!("closed without a response: {what}"));
    reply.expect_error(400, "invalid_request");
    assert_eq!(reply.header("connection"), Some("close"), "{what}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    assert!(wire.reply().await.is_none(), "nothing more is served: {what}");
}

#[tokio::test]
async fn heads_that_are_not_http_are_400_with_a_body() {
    let server = server(&[]).await;
    for head in [
        "nonsense",
        "GET /health HTTP/1.1\r\nHost: x\r\nno colon",
        "GET /health HTTP/3.0\r\nHost: x",
        "GET /health HTTP/1.1",
        "GET /health HTTP/1.1\r\nHost: x\r\nHost: x",
        "GET /health HTTP/1.1\r\nHost: a b",
        "GET /health HTTP/1.1\r\nHost: http://x/",
        "GET /health HTTP/1.1\r\nHost:",
        "CONNECT x:443 HTTP/1.1\r\nHost: x:443",
    ] {
        let mut wire = server.connect().await;
        assert!(wire.send(format!("{head}\r\n\r\n")).await);
        expect_closing_400(wire, head).await;
    }
}

// RFC 9112 §9.6
#[tokio::test]
async fn requests_behind_connection_close_are_not_served() {
    let server = server(&[]).await;
    for first in
        ["GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /health HTTP/1.0\r\n\r\n"]
    {
        let mut wire = server.connect().await;
        assert!(wire.send(format!("{first}{HEALTH}")).await);
        assert_eq!(wire.reply().await.map(|reply| reply.status), Some(200));
        assert!(wire.reply().await.is_none(), "{first}");
    }
}

// RFC 9110 §10.1.1
#[tokio::test]
async fn continue_precedes_only_a_body_that_is_read() {
    let server = server(&[]).await;
    let body = json!({ "email": ALICE, "password": PASSWORD }).to_string();
    let json = "Content-Type: application/json";
    for (method, path, header, length, status) in [
        ("POST", "/nowhere", json, 10, 404),
        ("PUT", "/api/v1/auth/login", json, 10, 405),
        ("POST", "/api/v1/auth/login", json, 20_000, 413),
        ("POST", "/api/v1/auth/login", "Content-Type: text/plain", 10, 415),
        ("POST", "/api/v1/auth/logout", json, 10, 401),
        ("POST", "/api/v1/auth/login", json, body.len(), 100),
    ] {
        let mut wire = server.connect().await;
        let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{header}");
        assert!(wire.send(format!("{head}\r\nContent-Length: {length}\r\n\r\n")).await);
        assert_eq!(wire.reply().await.map(|reply| reply.status), Some(status), "{path}");
        if status == 100 {
            assert!(wire.send(&body).await);
            wire.reply().await.unwrap_or_else(|| panic!("no response")).tokens();
        } else {
            assert!(wire.closes_within(Duration::from_secs(3)).await, "the body may or may not come: {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_kept_as_long_as_the_setting_says() {
    let server = server(&[("HTTP__KEEP_ALIVE", "3s")]).await;
    let mut wire = server.connect().await;
    for _ in 0..4 {
        assert!(wire.send(HEALTH).await);
        assert_eq!(wire.reply().await.map(|reply| reply.status), Some(200));
        pause(Duration::from_secs(1)).await;
    }
    assert!(wire.reply().await.is_none(), "it closes without a response");
}

#[tokio::test]
async fn more_connections_than_files_are_rejected_by_name() {
    let installation = Installation::new().set("HTTP__MAX_CONNECTIONS", "999999999");
    let message = installation.rejects_to_serve().await;
    assert!(
        message.contains("HTTP__MAX_CONNECTIONS") && message.contains("limit of open files"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_measured() {
    let installation =
        Installation::new().set("HTTP__MAX_CONNECTIONS", "3").with_admin().with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(half_begun(&server).await);
    }
    let admin = server.admin();
    let mut text = String::new();
    // An evicted connection counts until its task has closed the socket.
    for _ in 0..50 {
        text = admin.call(Method::GET, "/metrics").await.text();
        if text.contains("hooksentry_auth_connections 3\n") {
            break;
        }
        pause(Duration::from_millis(100)).await;
    }
    assert!(text.contains("hooksentry_auth_connections 3\n"), "{text}");
    let evicted = text
        .lines()
        .find_map(|line| line.strip_prefix("hooksentry_auth_connections_evicted_total{limit=\"total\"} "));
    assert!(evicted.is_some_and(|count| count.parse::<u32>().is_ok_and(|count| count >= 4)), "{text}");
}
