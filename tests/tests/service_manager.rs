//! The notifications of a systemd unit with `Type=notify`.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, Server, Signal};

const LIMIT: Duration = Duration::from_secs(15);

#[tokio::test]
async fn systemd_is_notified_of_readiness_and_of_the_stop() {
    let installation = Installation::new().with_user(ALICE).await;
    let socket = installation.folder().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager.set_read_timeout(Some(LIMIT)).expect("a timeout");
    let server = start(installation, &socket).await;
    assert_eq!(received(&manager), "READY=1");
    // Sent after the listeners were opened.
    server.log_in(ALICE).await;
    server.process.signal(Signal::TERM);
    assert_eq!(received(&manager), "STOPPING=1");
    server.stop().await.1.expect_success();
}

#[tokio::test]
async fn a_missing_service_manager_is_a_warning() {
    let installation = Installation::new().with_user(ALICE).await;
    let server = start(installation, Path::new("/nonexistent/notify")).await;
    assert!(server.process.logs(&["service_manager_not_notified", "NOTIFY_SOCKET"]).await);
    server.log_in(ALICE).await;
}

async fn start(installation: Installation, socket: &Path) -> Server {
    let variable = format!("NOTIFY_SOCKET={}", socket.display());
    let process = installation.spawn_under(&["env", &variable], &["serve"]);
    Server::adopt(installation, process).await
}

fn received(manager: &UnixDatagram) -> String {
    let mut bytes = [0; 64];
    let length = manager.recv(&mut bytes).expect("a message within the timeout");
    String::from_utf8_lossy(bytes.get(..length).expect("the length of the message")).trim_end().to_owned()
}
