//! Events: the log lines of rejections, and their sampling.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use auth_e2e::{ALICE, Finished, Server, WRONG_PASSWORD};
use reqwest::Method;
use serde_json::Value;

/// More rejections than are logged one by one.
const FLOOD: usize = 34;

fn lines(finished: &Finished) -> Vec<Value> {
    finished.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_event<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

// S-85
#[tokio::test]
async fn a_rejection_is_one_line() {
    let server = Server::start().await;
    let with_id = |id| server.with_header("x-request-id", id);
    with_id("login").login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    with_id("refresh").refresh("no token").await.expect_error(401, "invalid_refresh_token");
    with_id("logout").logout("no.token", "no token").await.expect_error(401, "invalid_token");
    with_id("absent").call(Method::GET, "/absent").await.expect_error(404, "not_found");
    let (_, finished) = server.stop().await;
    for (id, event) in [
        ("login", "login_failed"),
        ("refresh", "refresh_failed"),
        ("logout", "access_token_rejected"),
        ("absent", "request"),
    ] {
        let lines = lines(&finished);
        let lines: Vec<_> = lines.iter().filter(|line| line["span"]["request_id"] == id).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["event"], &lines[0]["span"]["client"]), (&event.into(), &"127.0.0.1".into()));
    }
}

// S-85
#[tokio::test]
async fn a_rejected_head_names_the_peer() {
    let server = Server::start().await;
    let mut wire = server.connect().await;
    assert!(wire.send("GET /health HTTP/1.1\r\n\r\n").await);
    assert_eq!(wire.reply().await.unwrap().status, 400);
    let (_, finished) = server.stop().await;
    let lines = lines(&finished);
    let rejected: Vec<_> =
        of_event(&lines, "request").into_iter().filter(|line| line["status"] == 400).collect();
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(
        (&rejected[0]["span"]["client"], &rejected[0]["reason"]),
        (&"127.0.0.1".into(), &"Host".into())
    );
}

// S-85
#[tokio::test]
async fn a_flood_of_rejections_is_ten_lines_and_a_count() {
    let server = Server::start().await;
    for _ in 0..FLOOD {
        server.refresh("no token").await.expect_error(401, "invalid_refresh_token");
        server.call(Method::GET, "/absent").await.expect_error(404, "not_found");
    }
    server.from_address("127.0.0.2").refresh("no token").await.expect_error(401, "invalid_refresh_token");
    let (_, finished) = server.stop().await;
    let lines = lines(&finished);

    assert_eq!(of_event(&lines, "refresh_failed").len(), 11);
    let absent = of_event(&lines, "request").into_iter().filter(|line| line["status"] == 404);
    assert_eq!(absent.count(), 10);
    let counts = of_event(&lines, "rejections_suppressed");
    assert_eq!(counts.len(), 2, "{counts:?}");
    for count in counts {
        assert_eq!(
            (&count["client"], &count["count"]),
            (&"127.0.0.1".into(), &(FLOOD - 10).into()),
            "{count}"
        );
    }
}

// S-93
#[tokio::test]
async fn successful_reads_write_no_line() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    for path in ["/health", "/health/ready", "/openapi.json", "/swagger/"] {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(server.call(method, path).await.status, 200, "{path}");
        }
    }
    assert!(server.access_token_is_alive(&tokens.access).await);
    let (_, finished) = server.stop().await;
    let lines = lines(&finished);
    let requests: Vec<_> = of_event(&lines, "request").into_iter().map(|line| &line["method"]).collect();
    assert_eq!(requests, ["POST"], "only the login is logged");
}

// S-83, S-85
#[tokio::test]
async fn blocked_login_names_its_limit_and_the_hash_of_the_email() {
    let server = Server::start().await;
    for address in ["127.0.0.2", "127.0.0.3"] {
        for _ in 0..5 {
            let failed = server.from_address(address).login(ALICE, WRONG_PASSWORD).await;
            failed.expect_error(401, "invalid_credentials");
        }
    }
    server.from_address("127.0.0.4").login(ALICE, WRONG_PASSWORD).await.expect_error(429, "rate_limited");
    for number in 0..10 {
        let failed = server.login(&format!("user{number}@example.net"), WRONG_PASSWORD).await;
        failed.expect_error(401, "invalid_credentials");
    }
    server.login("one-more@example.net", WRONG_PASSWORD).await.expect_error(429, "rate_limited");
    let (_, finished) = server.stop().await;
    assert!(!finished.stderr.contains("example.net"));

    let lines = lines(&finished);
    let blocked = of_event(&lines, "login_blocked");
    let limits: Vec<_> = blocked.iter().map(|line| (&line["limit"], &line["span"]["client"])).collect();
    assert_eq!(limits, [(&"email".into(), &"127.0.0.4".into()), (&"address".into(), &"127.0.0.1".into())]);
    let hashes: Vec<_> = blocked.iter().map(|line| line["email_hash"].as_str().unwrap()).collect();
    let is_hash = |hash: &str| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hashes.iter().all(|hash| is_hash(hash)) && hashes[0] != hashes[1], "{hashes:?}");
}

// S-85
#[tokio::test]
async fn reuse_in_the_grace_period_is_logged_with_same_address() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    server.refresh(&tokens.refresh).await.tokens();
    for address in ["127.0.0.1", "127.0.0.2"] {
        let again = server.from_address(address).refresh(&tokens.refresh).await;
        again.expect_error(401, "invalid_refresh_token");
        assert_eq!(again.reason().as_deref(), Some("already_used"));
    }
    let (_, finished) = server.stop().await;
    let lines = lines(&finished);
    let reused = of_event(&lines, "refresh_token_reused_in_grace_period");
    let found: Vec<_> = reused.iter().map(|line| (&line["span"]["client"], &line["same_address"])).collect();
    assert_eq!(found, [(&"127.0.0.1".into(), &true.into()), (&"127.0.0.2".into(), &false.into())]);
    let session = &of_event(&lines, "login_succeeded")[0]["span"]["session_id"];
    assert!(session.is_string());
    assert!(reused.iter().all(|line| line["span"]["session_id"] == *session), "{reused:?}");
}
