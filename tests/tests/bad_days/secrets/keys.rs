//! The JWT keys and the admin secret change.

use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Installation, Server, Signal};
use reqwest::Method;

use super::files::{reload, replace, set_file, write};

const FIRST: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
const SECOND: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
const ADMIN: [&str; 2] = ["uW3vYb8qLx0rT5nZc7sKd1fGh4jPm9eQ", "Rk7tJw2xVn5bQy8zLc4mHs6pDf3gTa9u"];

// S-98, S-39
#[tokio::test]
async fn jwt_keys_are_changed_in_three_steps_by_sighup() {
    let installation = Installation::new().with_admin();
    let installation = set_file(installation, "JWT__KEY", FIRST);
    let installation = set_file(installation, "JWT__PREVIOUS_KEYS", "");
    let installation = set_file(installation, "ADMIN__SECRET", ADMIN[0]);
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let before = server.log_in(ALICE).await;
    let is_accepted = async |access: &str| server.me(access).await.status == 200;
    assert!(is_accepted(&before.access).await);

    replace(&server, "JWT__PREVIOUS_KEYS", SECOND);
    reload(&server, "JWT__PREVIOUS_KEYS").await;
    assert!(is_accepted(&before.access).await);

    replace(&server, "JWT__PREVIOUS_KEYS", &format!("{SECOND}\n{FIRST}\n"));
    replace(&server, "JWT__KEY", SECOND);
    reload(&server, "JWT__KEY, JWT__PREVIOUS_KEYS").await;
    let after = server.log_in(ALICE).await;
    assert!(is_accepted(&before.access).await && is_accepted(&after.access).await);

    // The token of the removed key was verified a moment ago, so it was remembered.
    replace(&server, "JWT__PREVIOUS_KEYS", "");
    server.process.signal(Signal::HUP);
    let is_reloaded = || server.process.stderr().matches(r#""settings":"JWT__PREVIOUS_KEYS""#).count() == 2;
    assert!(holds_within(Duration::from_secs(15), is_reloaded).await, "{}", server.process.stderr());
    server.me(&before.access).await.expect_error(401, "invalid_token");
    assert!(is_accepted(&after.access).await);
    assert_eq!(server.refresh(&before.refresh).await.status, 200, "the session goes on");
}

// S-98, S-38
#[tokio::test]
async fn guessable_key_that_replaces_another_one_gives_a_warning() {
    let installation = Installation::embedded().with_user(ALICE).await.set("JWT__WEAK_KEY", "warn");
    let server = Server::start_on(set_file(installation, "JWT__KEY", FIRST)).await;
    replace(&server, "JWT__KEY", "vector-key-0123456789abcdef-0123456789abcdef");
    reload(&server, "JWT__KEY").await;
    assert!(server.process.logs(&["weak_key", "JWT__KEY"]).await);
}

// S-98, S-92
#[tokio::test]
async fn rotated_admin_secret_replaces_the_former_one() {
    let installation = set_file(Installation::new().with_admin(), "ADMIN__SECRET", ADMIN[0]);
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let status = async |secret: &str| {
        let path = "/users/9c858901-8a57-4791-81fe-4c455b099bc9/end-sessions";
        let request = server.admin().request(Method::POST, path).bearer_auth(secret);
        auth_e2e::send(request).await.unwrap().status
    };
    assert_eq!((status(ADMIN[0]).await, status(ADMIN[1]).await), (200, 401));
    replace(&server, "ADMIN__SECRET", ADMIN[1]);
    reload(&server, "ADMIN__SECRET").await;
    assert_eq!((status(ADMIN[0]).await, status(ADMIN[1]).await), (401, 200));
}

// S-98, S-39
#[tokio::test]
async fn generated_key_that_was_rotated_is_used_after_sighup() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    let before = server.log_in(ALICE).await;
    server.cli(&["key", "rotate"]).await.expect_success();
    reload(&server, "JWT__KEY, JWT__PREVIOUS_KEYS").await;
    let after = server.log_in(ALICE).await;
    for tokens in [&before, &after] {
        assert_eq!(server.me(&tokens.access).await.status, 200);
    }
    std::fs::remove_file(server.installation.data_dir().join("jwt.key.previous")).unwrap();
    reload(&server, "JWT__PREVIOUS_KEYS").await;
    server.me(&before.access).await.expect_error(401, "invalid_token");
    assert_eq!(server.me(&after.access).await.status, 200);
}

// S-98, S-21
#[tokio::test]
async fn commands_find_the_counts_of_a_server_whose_key_was_replaced() {
    let installation = set_file(Installation::embedded().with_user(ALICE).await, "JWT__KEY", FIRST);
    let server = Server::start_on(installation).await;
    write(&server.installation, "jwt__key", SECOND);
    reload(&server, "JWT__KEY").await;
    for _ in 0..3 {
        assert_eq!(server.login(ALICE, auth_e2e::WRONG_PASSWORD).await.status, 401);
    }
    let listed = server.cli(&["limit", "list", "--email", ALICE]).await.expect_success();
    assert!(listed.contains('3'), "{listed}");
}
