//! Files with secrets, as an operator or an orchestrator replaces them.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use auth_e2e::{Installation, Server, Signal};
use std::io::Write;

/// Returns the path of a file in the folder of an installation.
pub(super) fn path(installation: &Installation, name: &str) -> PathBuf {
    installation.folder().join(name)
}

/// Writes a file that only its owner can read. It replaces another one at once.
pub(super) fn write(installation: &Installation, name: &str, text: &str) {
    let draft = path(installation, "draft");
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    fs::rename(draft, path(installation, name)).unwrap();
}

/// Returns the installation with a setting that is read from a file.
pub(super) fn set_file(installation: Installation, setting: &str, text: &str) -> Installation {
    let name = setting.to_lowercase();
    write(&installation, &name, text);
    let path = path(&installation, &name).to_string_lossy().into_owned();
    installation.set(&format!("{setting}_FILE"), &path)
}

/// Replaces the text of a setting from [`set_file`].
pub(super) fn replace(server: &Server, setting: &str, text: &str) {
    write(&server.installation, &setting.to_lowercase(), text);
}

/// Sends SIGHUP, and waits until the settings are in use.
pub(super) async fn reload(server: &Server, settings: &str) {
    server.process.signal(Signal::HUP);
    let parts = ["secrets_reloaded", r#""reason":"signal""#, &format!(r#""settings":"{settings}""#)];
    assert!(server.process.logs(&parts).await, "{}", server.process.stderr());
}
