//! A data directory with the settings that belong to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use diesel::{Connection, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;

use crate::binary::binary;
use crate::process::{Finished, Process};
use auth_testkit::servers::Port;

/// A user that every [`Server::start`](crate::Server::start) has.
pub const ALICE: &str = "alice@example.com";
/// Another user, where a test makes one.
pub const BOB: &str = "bob@example.org";
/// The password of every user that a test makes.
pub const PASSWORD: &str = "correct horse battery staple";
/// The password of nobody.
pub const WRONG_PASSWORD: &str = "correct horse battery stable";

const PREFIX: &str = "HOOKSENTRY_AUTH__";
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// Everything that one installation of the service consists of, while nothing runs on it yet.
#[derive(Debug)]
pub struct Installation {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    port: Port,
}

impl Installation {
    /// Makes an empty one: no data directory yet, default settings, a port of its own.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("hooksentry-auth-e2e-").tempdir().expect("a folder");
        let port = Port::take();
        let new = Self { folder, settings: BTreeMap::new(), port };
        let address = new.address();
        new.set("HTTP__LISTEN", &address).set("DATA_DIR", "data")
    }

    /// Changes one setting, named as in the environment but without the prefix.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Makes a user with [`PASSWORD`].
    pub async fn with_user(self, email: &str) -> Self {
        self.cli(&["user", "create", "--email", email, "--password-stdin"], PASSWORD).await.expect_success();
        self
    }

    /// Returns the folder that the program runs in and that nothing else uses.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port.number)
    }

    /// Starts the program with `args`.
    pub fn spawn(&self, args: &[&str], input: &str) -> Process {
        let mut command = Command::new(binary());
        let foreign = std::env::vars_os().map(|(name, _)| name);
        for name in foreign.filter(|name| name.to_string_lossy().starts_with(PREFIX)) {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)));
        Process::spawn(command.args(args).current_dir(self.folder()), input)
    }

    /// Runs the program to its end.
    pub async fn cli(&self, args: &[&str], input: &str) -> Finished {
        self.spawn(args, input).finish(COMMAND_LIMIT).await
    }

    /// Starts a server that is expected to give up, and returns what it said.
    pub async fn refuses_to_serve(&self) -> String {
        self.cli(&["serve"], "").await.expect_failure()
    }

    /// Returns the file of the embedded store.
    pub fn database(&self) -> PathBuf {
        let files = fs::read_dir(self.data_dir()).expect("a data directory");
        let mut paths = files.map(|entry| entry.expect("an entry").path());
        let is_sqlite =
            |path: &PathBuf| fs::read(path).is_ok_and(|head| head.starts_with(b"SQLite format 3\0"));
        paths.find(is_sqlite).expect("a SQLite file in the data directory")
    }

    /// Changes the embedded store behind the program's back; returns how many rows were touched.
    pub fn sql(&self, statement: &str) -> usize {
        let path = self.database();
        let mut store = SqliteConnection::establish(&path.to_string_lossy()).expect("the embedded store");
        diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut store).expect("a pragma");
        diesel::sql_query("PRAGMA ignore_check_constraints = ON").execute(&mut store).expect("a pragma");
        diesel::sql_query(statement).execute(&mut store).expect("a valid statement")
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}
