//! PostgreSQL.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, geteuid};
use tempfile::TempDir;

use super::guardian::{Account, Ward, answers_in_time, end_of, folder};
use super::programs::postgres_program;
use super::{Certificates, Port};

/// The role that owns everything; connections from this machine need no password.
const OWNER: &str = "hooksentry";

/// A running `postgres` with a cluster of its own, which never waits for the disk.
#[derive(Debug)]
pub struct PostgresServer {
    port: Port,
    ward: Ward,
}

/// A database of its own on a server.
#[derive(Debug)]
pub struct Database<'a> {
    server: &'a PostgresServer,
    name: String,
}

impl PostgresServer {
    /// Returns the server that all tests of this process share; each makes a database of its own on it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server for one test, which may freeze or kill it.
    #[must_use]
    pub fn start() -> Self {
        Self::launch(&[])
    }

    /// Starts a server for one test, which keeps [`statements`](Self::statements) of what it executes.
    #[must_use]
    pub fn start_with_statements() -> Self {
        Self::launch(&["log_statement=all".to_owned()])
    }

    /// Returns what the server has executed so far, a text for each statement.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.ward.log()).unwrap_or_default();
        let statements =
            log.lines().filter(|line| line.contains("LOG:  execute ") || line.contains("LOG:  statement: "));
        statements.map(str::to_owned).collect()
    }

    /// Starts a server that speaks TLS, with a certificate for `localhost`.
    #[must_use]
    pub fn start_with_tls(certificates: &Certificates) -> Self {
        let account = account();
        let mut settings = vec!["ssl=on".to_owned()];
        let paths = [
            ("ssl_cert_file", certificates.certificate()),
            ("ssl_key_file", certificates.key()),
            ("ssl_ca_file", certificates.authority()),
        ];
        for (name, path) in paths {
            if let Some(Account { user, group }) = account {
                std::os::unix::fs::chown(&path, Some(user), Some(group)).expect("a test that runs as root");
            }
            settings.push(format!("{name}={}", path.display()));
        }
        Self::launch(&settings)
    }

    fn launch(settings: &[String]) -> Self {
        let (account, port) = (account(), Port::take());
        let folder = folder(account);
        initialise(&folder.path().join("data"), account);
        Self::launch_in(folder, port, account, settings)
    }

    /// Starts a standby that follows this server with `delay`, a value of `recovery_min_apply_delay`.
    #[must_use]
    pub fn start_standby(&self, delay: &str) -> Self {
        let (account, port) = (account(), Port::take());
        let folder = folder(account);
        let mut backup = Command::new(postgres_program("pg_basebackup"));
        backup.args([
            "--host=127.0.0.1",
            "--checkpoint=fast",
            "--wal-method=stream",
            "--write-recovery-conf",
            "--no-sync",
        ]);
        backup.arg(format!("--port={}", self.port.number)).arg(format!("--username={OWNER}"));
        backup.arg("--pgdata").arg(folder.path().join("data"));
        expect_success(&as_account(&mut backup, account).output().expect("pg_basebackup runs"));
        Self::launch_in(folder, port, account, &[format!("recovery_min_apply_delay={delay}")])
    }

    /// Accepts connections only over TLS from now on.
    pub fn demand_tls(&self) {
        let rules = "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(self.ward.folder.path().join("data/pg_hba.conf"), rules)
            .expect("a file of the server");
        expect_success(&self.try_sql("postgres", "SELECT pg_reload_conf()"));
        let is_open = || self.try_sql("dbname=postgres sslmode=disable", "SELECT 1").status.success();
        assert!(answers_in_time(|| !is_open()), "postgres goes on in plain text");
    }

    /// Makes a standby the primary, and waits until it is.
    pub fn promote(&self) {
        expect_success(&self.try_sql("postgres", "SELECT pg_promote()"));
    }

    /// Returns the URL of a database of this name on these servers, in this order.
    #[must_use]
    pub fn url_on(servers: &[&Self], database: &str) -> String {
        let hosts: Vec<_> =
            servers.iter().map(|server| format!("localhost:{}", server.port.number)).collect();
        format!("postgres://{OWNER}@{}/{database}", hosts.join(","))
    }

    fn launch_in(folder: TempDir, port: Port, account: Option<Account>, settings: &[String]) -> Self {
        let data = folder.path().join("data");
        let number = format!("port={}", port.number);
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let fixed = ["listen_addresses=127.0.0.1", &number, &sockets, "fsync=off"];
        let more = ["full_page_writes=off", "max_connections=300", "shared_buffers=32MB"];
        let settings = settings.iter().map(String::as_str).chain(fixed).chain(more);
        let program = postgres_program("postgres").to_string_lossy().into_owned();
        let mut command = vec![program, "-D".to_owned(), data.to_string_lossy().into_owned()];
        command.extend(settings.flat_map(|setting| ["-c".to_owned(), setting.to_owned()]));
        // QUIT is an immediate stop, after which it has cleaned up its shared memory.
        let server = Self { port, ward: Ward::new(command, folder, account, "QUIT") };
        server.start_again();
        server
    }

    /// Starts it again after [`kill`](Self::kill), on the same port, and waits until it answers.
    pub fn start_again(&self) {
        // A server that was killed leaves a lock file that names a process.
        let _ = std::fs::remove_file(self.ward.folder.path().join("data/postmaster.pid"));
        self.ward.start();
        let started = answers_in_time(|| self.try_sql("postgres", "SELECT 1").status.success());
        assert!(started, "postgres does not start:\n{}", end_of(&self.ward.log()));
    }

    /// Kills it, with every connection that it has.
    pub fn kill(&self) {
        // The processes of its connections notice the death of their parent only when they next wait for it.
        let children = self.children();
        self.ward.kill();
        for child in children {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
    }

    /// Freezes it with every connection that it has: the system still takes connections for it, but nobody
    /// answers.
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Makes a new, empty database.
    #[must_use]
    pub fn database(&self) -> Database<'_> {
        self.database_like("template1")
    }

    /// Makes a new database with all that is in another one, to which nobody may be connected.
    #[must_use]
    pub fn database_like(&self, template: &str) -> Database<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("auth_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        expect_success(&self.try_sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}")));
        Database { server: self, name }
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number
    }

    fn try_sql(&self, database: &str, statement: &str) -> Output {
        let mut psql = Command::new(postgres_program("psql"));
        psql.args([
            "--no-psqlrc",
            "--no-align",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            "--host=127.0.0.1",
        ]);
        psql.arg(format!("--port={}", self.port.number)).arg(format!("--username={OWNER}"));
        psql.arg(format!("--dbname={database}")).args(["--command", statement]);
        psql.output().expect("psql runs")
    }

    fn signal_all(&self, signal: Signal) {
        self.ward.signal(signal);
        for child in self.children() {
            // One that has just ended is no trouble.
            let _ = rustix::process::kill_process(child, signal);
        }
    }

    fn children(&self) -> Vec<rustix::process::Pid> {
        let id = self.ward.id();
        let path = format!("/proc/{id}/task/{id}/children");
        let list = std::fs::read_to_string(path).unwrap_or_default();
        list.split_whitespace()
            .filter_map(|id| id.parse().ok().and_then(rustix::process::Pid::from_raw))
            .collect()
    }
}

impl Database<'_> {
    /// Returns the address, for the role that owns the database.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(OWNER)
    }

    /// Returns the address for another role.
    #[must_use]
    pub fn url_of(&self, role: &str) -> String {
        format!("postgres://{role}@localhost:{}/{}", self.server.port.number, self.name)
    }

    /// Runs statements as the owner, and returns what `psql` prints: rows, then the command tag.
    #[must_use]
    pub fn sql(&self, statements: &str) -> String {
        expect_success(&self.server.try_sql(&self.name, statements))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// As whom the server runs: it rejects to run as root.
fn account() -> Option<Account> {
    if !geteuid().is_root() {
        return None;
    }
    let account = Account::named("postgres");
    Some(
        account
            .expect("the user postgres, whom the package postgresql makes: run `apt-get install postgresql`"),
    )
}

fn initialise(data: &Path, account: Option<Account>) {
    let mut initdb = Command::new(postgres_program("initdb"));
    initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", OWNER, "-D"]);
    expect_success(&as_account(initdb.arg(data), account).output().expect("initdb runs"));
}

fn as_account(command: &mut Command, account: Option<Account>) -> &mut Command {
    use std::os::unix::process::CommandExt;
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command.current_dir("/")
}

fn expect_success(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
