//! The admin listener and `doctor`: end sessions, metrics, diagnostics.

use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, Stores, jwt};
use reqwest::Method;

const SECRET: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";

async fn start() -> Server {
    let installation = Installation::on(Stores::servers()).with_admin().set("ADMIN__SECRET", SECRET);
    Server::start_on(installation.with_user(ALICE).await.with_user(BOB).await).await
}

// S-27, S-28, S-91
#[tokio::test]
async fn the_platform_can_end_all_sessions_of_a_user() {
    let server = start().await;
    let (first, second) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    let bob = server.log_in(BOB).await;
    let user = jwt::claims(&first.access)["sub"].as_str().unwrap().to_owned();
    let path = format!("/users/{user}/end-sessions");
    let admin = server.admin().with_header("authorization", &format!("Bearer {SECRET}"));

    let ended = admin.call(Method::POST, &path).await;
    assert_eq!((ended.status, ended.json()["sessionsEnded"].as_u64()), (200, Some(2)));
    for tokens in [&first, &second] {
        assert!(!server.access_token_is_alive(&tokens.access).await);
        assert_eq!(server.expect_dead(&tokens.refresh).await.as_deref(), Some("revoked"));
    }
    assert!(server.access_token_is_alive(&bob.access).await);
    for (email, known_addresses) in [(ALICE, "0"), (BOB, "1")] {
        let listed = server.cli(&["limit", "list", "--email", email]).await.expect_success();
        let last = listed.lines().last().and_then(|row| row.split_whitespace().last());
        assert_eq!(last, Some(known_addresses), "{listed}");
    }
    let again = admin.call(Method::POST, &path).await;
    assert_eq!((again.status, again.json()["sessionsEnded"].as_u64()), (200, Some(0)));
    assert!(server.process.logs(&["sessions_ended", &user]).await);
}

// S-44
#[tokio::test]
async fn only_a_caller_with_the_secret_ends_sessions() {
    let server = start().await;
    let tokens = server.log_in(ALICE).await;
    let user = jwt::claims(&tokens.access)["sub"].as_str().unwrap().to_owned();
    let path = format!("/users/{user}/end-sessions");
    let admin = server.admin();
    admin.call(Method::POST, &path).await.expect_error(401, "invalid_token");
    for wrong in ["", "x", &SECRET[1..], &tokens.access, &format!("{SECRET}x")] {
        let caller = admin.with_header("authorization", &format!("Bearer {wrong}"));
        caller.call(Method::POST, &path).await.expect_error(401, "invalid_token");
    }
    let right = admin.with_header("authorization", &format!("Bearer {SECRET}"));
    right.call(Method::POST, "/users/no-uuid/end-sessions").await.expect_error(400, "invalid_request");
    right.call(Method::POST, "/users").await.expect_error(404, "not_found");
    right.call(Method::GET, &path).await.expect_error(405, "method_not_allowed");
    // The public listener has no such endpoint.
    let public = server.with_header("authorization", &format!("Bearer {SECRET}"));
    public.call(Method::POST, &path).await.expect_error(404, "not_found");
    public.call(Method::GET, "/metrics").await.expect_error(404, "not_found");
    assert!(server.access_token_is_alive(&tokens.access).await);
}

// S-92
#[tokio::test]
async fn wrong_secrets_are_limited_and_the_right_one_never_is() {
    let server = start().await;
    let path = "/users/9c858901-8a57-4791-81fe-4c455b099bc9/end-sessions";
    let admin = |secret: &str| server.admin().with_header("authorization", &format!("Bearer {secret}"));
    for number in 0..10 {
        let reply = admin(&format!("{SECRET}{number}")).call(Method::POST, path).await;
        reply.expect_error(401, "invalid_token");
    }
    let limited = admin(&SECRET[1..]).call(Method::POST, path).await;
    limited.expect_error(429, "rate_limited");
    let wait: u64 = limited.retry_after();
    assert!((270..=300).contains(&wait), "{wait}");
    assert_eq!(admin(SECRET).call(Method::POST, path).await.status, 200);
    for count in ["\"count\":1,", "\"count\":10,"] {
        assert!(server.process.logs(&["admin_secret_wrong", count]).await);
    }
    assert_eq!(server.process.stderr().matches("admin_secret_wrong").count(), 2);
}

// S-81
#[tokio::test]
async fn metrics_are_on_the_admin_listener_only() {
    let server = start().await;
    server.log_in(ALICE).await;
    server.login(ALICE, "wrong").await.expect_error(401, "invalid_credentials");
    let numbers = server.admin().call(Method::GET, "/metrics").await;
    assert_eq!(numbers.status, 200);
    let text = String::from_utf8_lossy(&numbers.body).into_owned();
    assert!(text.contains("hooksentry_auth_") && text.contains("/api/v1/auth/login"), "{text}");
    assert!(!text.contains(ALICE) && !text.contains(PASSWORD));
}

// S-88
#[tokio::test]
async fn doctor_reports_errors_and_nothing_else() {
    let server = start().await;
    let healthy = server.cli(&["doctor"]).await.expect_success();
    assert!(
        healthy.contains("postgres") && healthy.contains("redis") && !healthy.contains("ERROR"),
        "{healthy}"
    );

    // .NET accepts emails that the HTML rule rejects, and the table may contain upper-case letters.
    server.installation.sql("UPDATE users SET email = 'Bob@Example.org' WHERE email = 'bob@example.org'");
    server
        .installation
        .sql("UPDATE users SET email = '\"quoted\"@example.com' WHERE email = 'alice@example.com'");
    let finished = server.cli(&["doctor"]).await;
    assert!(
        !finished.stdout.to_lowercase().contains("bob@example.org"),
        "an email is shown: {}",
        finished.stdout
    );
    let emails =
        finished.stdout.lines().filter(|line| line.contains("email") && !line.starts_with("ok")).count();
    assert!(emails >= 2, "{}", finished.stdout);

    let away = server.installation.another_instance().with_admin().set("REDIS__URL", "redis://127.0.0.1:1");
    let unreachable = away.cli(&["doctor"], "").await;
    assert_eq!(unreachable.code(), Some(1), "{unreachable:?}");
    assert!(unreachable.stdout.contains("ERROR"), "{}", unreachable.stdout);
}

// S-91
#[tokio::test]
async fn without_redis_a_command_that_forgets_asks_to_be_repeated() {
    let server = start().await;
    let away = server.installation.another_instance().with_admin().set("REDIS__URL", "redis://127.0.0.1:1");
    let commands: [&[&str]; 4] = [
        &["limit", "clear", "--email", ALICE],
        &["limit", "clear", "--address", "127.0.0.1"],
        &["session", "end", "--user", ALICE, "--all"],
        &["user", "deactivate", ALICE],
    ];
    for command in commands {
        let message = away.cli(command, "").await.expect_failure();
        assert!(message.contains("repeat the command"), "{command:?}: {message}");
    }
    server.cli(&["user", "deactivate", ALICE]).await.expect_success();
}
