//! A data directory, stores, and the settings that belong to them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::program;
use crate::process::{Finished, Process};
use crate::stores::{Servers, Stores, embedded_sql};
use auth_testkit::servers::Port;

/// A user that every [`Server::start`](crate::Server::start) has.
pub const ALICE: &str = "alice@example.com";
/// Another user, if a test creates one.
pub const BOB: &str = "bob@example.org";
/// The password of every user that a test creates.
pub const PASSWORD: &str = "correct horse battery staple";
/// A password that no user has.
pub const WRONG_PASSWORD: &str = "correct horse battery stable";

/// The prefix of all settings.
pub(crate) const PREFIX: &str = "HOOKSENTRY_AUTH__";
const COMMAND_LIMIT: Duration = Duration::from_secs(20);

/// The settings, stores and data directory of an installation on which no server runs yet.
#[derive(Debug)]
pub struct Installation {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    /// Variables that are not settings of the program.
    environment: BTreeMap<String, String>,
    port: Port,
    admin_port: Option<Port>,
    stores: Stores,
}

impl Installation {
    /// Creates an empty installation: no data directory, default settings, a port of its own. Its stores are those that
    /// `HOOKSENTRY_AUTH_E2E_STORES` selects.
    pub fn new() -> Self {
        Self::on(Stores::chosen())
    }

    /// Creates an empty installation on the embedded store, for tests of that store.
    pub fn embedded() -> Self {
        Self::on(Stores::Embedded)
    }

    /// Creates an empty installation on these stores.
    pub fn on(stores: Stores) -> Self {
        let settings = stores.settings();
        Self::with(stores, settings)
    }

    /// Creates another instance of this installation: the same settings and stores, a folder and a port of its own.
    #[must_use]
    pub fn another_instance(&self) -> Self {
        Self::with(self.stores.clone(), self.settings.clone())
    }

    fn with(stores: Stores, settings: BTreeMap<String, String>) -> Self {
        let folder = tempfile::Builder::new().prefix("hooksentry-auth-e2e-").tempdir().expect("a folder");
        let (port, environment) = (Port::take(), BTreeMap::new());
        let new = Self { folder, settings, environment, port, admin_port: None, stores };
        let address = new.address();
        // Many servers run at the same time, so only tests of the admin listener have one.
        new.set("HTTP__LISTEN", &address).set("DATA_DIR", "data").set("ADMIN__LISTEN", "")
    }

    /// Changes one setting, named as in the environment but without the prefix.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        if let Some(inline) = name.strip_suffix("_FILE") {
            self.settings.remove(inline);
        }
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Changes a variable of the environment that is no setting of the program.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Switches the limits of refreshes off, for tests that refresh more often than a user does.
    #[must_use]
    pub fn without_refresh_limits(self) -> Self {
        self.set("TOKENS__REFRESHES_PER_MINUTE", "0").set("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0")
    }

    /// Adds an admin listener on a port of its own.
    #[must_use]
    pub fn with_admin(mut self) -> Self {
        let port = Port::take();
        let address = format!("127.0.0.1:{}", port.number);
        self.admin_port = Some(port);
        self.set("ADMIN__LISTEN", &address)
    }

    /// Returns a setting.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Returns the servers of an installation on Postgres and Redis.
    pub fn servers(&self) -> &Servers {
        self.stores.expect_servers()
    }

    /// Creates the data directory, the signing key and the store, and no user.
    pub async fn migrated(self) -> Self {
        self.cli(&["migrate"], "").await.expect_success();
        self
    }

    /// Creates a user with [`PASSWORD`]. If the embedded store is missing, it is created first.
    pub async fn with_user(self, email: &str) -> Self {
        if matches!(self.stores, Stores::Embedded) && !self.data_dir().exists() {
            self.cli(&["migrate"], "").await.expect_success();
        }
        self.cli(&["user", "create", "--email", email, "--password-stdin"], PASSWORD).await.expect_success();
        self
    }

    /// Returns the working directory of the program. No other installation uses it.
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
        Process::spawn(&mut self.command(args), input)
    }

    /// Starts the program with `args` by another program, whose last arguments are the program and `args`.
    pub fn spawn_under(&self, wrapper: &[impl AsRef<OsStr>], args: &[&str]) -> Process {
        let program = self.command(args);
        let (first, rest) = wrapper.split_first().expect("a program");
        let mut command = Command::new(first);
        command.args(rest).arg(program.get_program()).args(program.get_args()).current_dir(self.folder());
        let settings = program.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(settings);
        Process::spawn(&mut command, "")
    }

    /// Starts the program with `args` and another standard output or standard error.
    pub fn spawn_into(
        &self,
        args: &[&str],
        input: &str,
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> Process {
        Process::spawn_into(self.command(args).stdout(stdout).stderr(stderr), input)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.envs(self.settings.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)));
        command.envs(&self.environment).args(args).current_dir(self.folder());
        command
    }

    /// Runs the program to its end.
    pub async fn cli(&self, args: &[&str], input: &str) -> Finished {
        self.spawn(args, input).finish(COMMAND_LIMIT).await
    }

    /// Starts a server that is expected to fail, and returns its messages.
    pub async fn rejects_to_serve(&self) -> String {
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

    /// Runs an SQL statement on the store of users directly; returns the number of changed rows.
    pub fn sql(&self, statement: &str) -> usize {
        match &self.stores {
            Stores::Embedded => embedded_sql(&self.database().to_string_lossy(), statement),
            Stores::Servers(servers) => servers.sql(statement),
        }
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}
