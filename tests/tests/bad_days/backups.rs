//! Backups of the embedded store are made while the service runs, and restored as the documents say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use auth_e2e::documents::block;
use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Process, Server};

const LIMIT: Duration = Duration::from_secs(30);

/// The commands of the section "Back up and restore".
fn documented_restore() -> String {
    block("operations.md", "sh", "rm -f data/auth.db")
}

#[tokio::test]
async fn a_backup_is_restored_with_users_sessions_and_key() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    let [kept, used, revoked] =
        [server.log_in(ALICE).await, server.log_in(ALICE).await, server.log_in(ALICE).await];
    assert_eq!(server.logout(&revoked.access, &revoked.refresh).await.status, 204);

    let printed = server.cli(&["backup", "backup.db"]).await.expect_success();
    assert!(printed.contains("backup.db") && printed.contains("jwt.key"), "{printed}");
    let folder = server.installation.folder().to_owned();
    assert_eq!(fs::metadata(folder.join("backup.db")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::copy(folder.join("data/jwt.key"), folder.join("backup.key")).unwrap();
    let again = server.cli(&["backup", "backup.db"]).await.expect_failure();
    assert!(again.contains("backup.db exists"), "{again}");

    // What happens after the backup is gone after the restore.
    server.refresh(&used.refresh).await.tokens();
    server
        .installation
        .cli(&["user", "create", "--email", BOB, "--password-stdin"], PASSWORD)
        .await
        .expect_success();
    let (installation, _) = server.stop().await;
    fs::write(folder.join("data/auth.db-wal"), "the log of another store").unwrap();
    fs::remove_file(folder.join("data/jwt.key")).unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-euc", &documented_restore()]).current_dir(&folder);
    Process::spawn(&mut shell, "").finish(LIMIT).await.expect_success();

    let server = Server::start_on(installation).await;
    assert!(server.access_token_is_alive(&kept.access).await, "the key is that of the backup");
    assert!(!server.access_token_is_alive(&revoked.access).await);
    server.refresh(&kept.refresh).await.tokens();
    server.refresh(&used.refresh).await.tokens();
    server.login(BOB, PASSWORD).await.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn a_backup_without_an_embedded_store_names_the_stores() {
    let installation = Installation::embedded();
    let message = installation.cli(&["backup", "backup.db"], "").await.expect_failure();
    assert!(message.contains("there is no store") && message.contains("DATA_DIR"), "{message}");
    let installation = Installation::embedded()
        .set("CREDENTIALS__BACKEND", "postgres")
        .set("POSTGRES__URL", "postgres://user@127.0.0.1:1/none")
        .set("TOKENS__BACKEND", "redis")
        .set("REDIS__URL", "redis://127.0.0.1:1")
        .set("JWT__KEY", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg0123");
    let message = installation.cli(&["backup", "backup.db"], "").await.expect_failure();
    assert!(message.contains("Postgres and Redis"), "{message}");
}
