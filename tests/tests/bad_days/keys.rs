//! The signing key of the embedded store is changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use auth_e2e::clock::{holds_within, pause};
use auth_e2e::{ALICE, Installation, Server};
use std::time::Duration;

const LIFETIME: Duration = Duration::from_secs(5);

async fn rotate(installation: &Installation) -> String {
    installation.cli(&["key", "rotate"], "").await.expect_success()
}

// S-39
#[tokio::test]
async fn a_rotated_key_logs_no_user_out_and_its_predecessor_retires() {
    let installation = Installation::embedded().set("TOKENS__ACCESS_TTL", "5s").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let (key, previous) = (
        server.installation.data_dir().join("jwt.key"),
        server.installation.data_dir().join("jwt.key.previous"),
    );
    let former = fs::read_to_string(&key).unwrap();
    let printed = rotate(&server.installation).await;
    assert!(printed.contains("restart the service") && printed.contains("5 seconds"), "{printed}");
    assert_ne!(fs::read_to_string(&key).unwrap(), former);
    for file in [&key, &previous] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The running server goes on with the key of its start, however late the restart is.
    pause(LIFETIME).await;
    let before = server.log_in(ALICE).await;
    let (installation, _) = server.stop().await;

    let server = Server::start_on(installation).await;
    assert_eq!(server.me(&before.access).await.status, 200, "the former key is accepted");
    let after = server.refresh(&before.refresh).await.tokens();
    assert_eq!(server.me(&after.access).await.status, 200);
    let rejected = server.installation.cli(&["key", "rotate"], "").await.expect_failure();
    assert!(rejected.contains("is accepted until"), "{rejected}");

    pause(LIFETIME * 2 + Duration::from_secs(1)).await;
    let (installation, _) = server.stop().await;
    let server = Server::start_on(installation).await;
    assert!(holds_within(Duration::ZERO, || !previous.exists()).await, "the retired key is left");
    server.refresh(&after.refresh).await.tokens();
    rotate(&server.installation).await;
}

// S-39
#[tokio::test]
async fn a_second_rotation_waits_for_the_restart() {
    let installation = Installation::embedded().with_user(ALICE).await;
    rotate(&installation).await;
    let rejected = installation.cli(&["key", "rotate"], "").await.expect_failure();
    assert!(rejected.contains("restart it before"), "{rejected}");
    let set = installation.set("JWT__KEY", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg0123");
    let rejected = set.cli(&["key", "rotate"], "").await.expect_failure();
    assert!(rejected.contains("JWT__KEY") && rejected.contains("JWT__PREVIOUS_KEYS"), "{rejected}");
}
