//! The PostgreSQL server.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;
use tempfile::TempDir;

use super::programs::postgres_program;
use super::supervisor::{Account, ServerProcess, folder, has_ended, last_lines, wait_until};
use super::{Certificates, Port};

/// The role that owns every database. Connections from this machine need no password.
const OWNER: &str = "hooksentry";

/// A running `postgres` with its own cluster, without `fsync`.
#[derive(Debug)]
pub struct PostgresServer {
    port: Port,
    process: ServerProcess,
}

/// A database on a server, for one test.
#[derive(Debug)]
pub struct Database<'a> {
    server: &'a PostgresServer,
    name: String,
}

impl PostgresServer {
    /// Returns the server that the tests of this process share. Each test creates its own database on it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server for one test, which may freeze or kill it.
    #[must_use]
    pub fn start() -> Self {
        Self::launch(&[])
    }

    /// Starts a server for one test, which logs its [`statements`](Self::statements).
    #[must_use]
    pub fn start_with_statements() -> Self {
        Self::launch(&["log_statement=all".to_owned()])
    }

    /// Returns the log lines of the statements that were executed so far.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.process.log()).unwrap_or_default();
        let statements =
            log.lines().filter(|line| line.contains("LOG:  execute ") || line.contains("LOG:  statement: "));
        statements.map(str::to_owned).collect()
    }

    /// Starts a server with TLS, with a certificate for `localhost`.
    #[must_use]
    pub fn start_with_tls(certificates: &Certificates) -> Self {
        let account = Account::of_postgres();
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
        let (account, port) = (Account::of_postgres(), Port::take());
        let folder = folder(account);
        initialise(&folder.path().join("data"), account);
        Self::launch_in(folder, port, account, settings)
    }

    /// Starts a standby of this server. `delay` is its `recovery_min_apply_delay`.
    #[must_use]
    pub fn start_standby(&self, delay: &str) -> Self {
        let (account, port) = (Account::of_postgres(), Port::take());
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

    /// Rejects new connections without TLS.
    pub fn require_tls(&self) {
        self.use_rules("hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n");
        let is_open = || self.try_sql("dbname=postgres sslmode=disable", "SELECT 1").status.success();
        assert!(wait_until(|| !is_open()), "postgres still accepts connections without TLS");
    }

    /// Rejects new connections without TLS or without a client certificate.
    pub fn require_client_certificates(&self) {
        self.use_rules("hostssl all all 127.0.0.1/32 cert\nhostssl all all ::1/128 cert\n");
        let is_open = || self.try_sql("postgres", "SELECT 1").status.success();
        assert!(wait_until(|| !is_open()), "postgres still accepts connections without a client certificate");
    }

    /// Requires a password of every role except the owner of the databases.
    pub fn require_passwords(&self) {
        self.use_rules(&format!(
            "host all {OWNER} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        ));
        let is_open = || self.try_sql("dbname=postgres user=pg_monitor", "SELECT 1");
        let asks = || String::from_utf8_lossy(&is_open().stderr).contains("password");
        assert!(wait_until(asks), "postgres still accepts connections without a password");
    }

    /// Replaces the rules about who may connect.
    fn use_rules(&self, rules: &str) {
        std::fs::write(self.process.folder.path().join("data/pg_hba.conf"), rules)
            .expect("a file of the server");
        expect_success(&self.try_sql("postgres", "SELECT pg_reload_conf()"));
    }

    /// Promotes a standby to primary, and waits for the promotion.
    pub fn promote(&self) {
        expect_success(&self.try_sql("postgres", "SELECT pg_promote()"));
    }

    /// Waits until this standby has applied everything that `primary` has written.
    pub fn catch_up_with(&self, primary: &Self) {
        let written = primary.sql("postgres", "SELECT pg_current_wal_lsn()");
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        let has_replayed = || self.sql("postgres", &replayed) == "t";
        assert!(wait_until(has_replayed), "the standby does not follow");
    }

    /// Returns the URL of the database `database` with all `servers` as hosts, in this order.
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
        // QUIT is an immediate shutdown, which also releases the shared memory.
        let server = Self { port, process: ServerProcess::new(command, folder, account, "QUIT") };
        server.start_again();
        server
    }

    /// Starts the server again after [`kill`](Self::kill), on the same port, and waits until it answers.
    pub fn start_again(&self) {
        // A killed server leaves its lock file with a process id.
        let _ = std::fs::remove_file(self.process.folder.path().join("data/postmaster.pid"));
        self.process.start();
        let started = wait_until(|| self.try_sql("postgres", "SELECT 1").status.success());
        assert!(started, "postgres did not start:\n{}", last_lines(&self.process.log()));
    }

    /// Kills the server and its connections.
    pub fn kill(&self) {
        // The backend processes would notice that the postmaster is dead only when they next wait.
        let children = self.children();
        self.process.kill();
        for child in &children {
            let _ = rustix::process::kill_process(*child, Signal::KILL);
        }
        // The next start fails while a process still has the shared memory.
        assert!(wait_until(|| children.iter().copied().all(has_ended)), "processes of postgres do not end");
    }

    /// Freezes the server and its connections: the kernel still accepts connections, but no request is answered.
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Resumes a frozen server.
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Creates an empty database.
    #[must_use]
    pub fn database(&self) -> Database<'_> {
        self.database_like("template1")
    }

    /// Creates a database as a copy of `template`, which must have no connections.
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

    /// Returns the process id of the server, the parent of its other processes.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Runs statements in a database as its owner; returns the output of `psql`, as [`Database::sql`] does.
    #[must_use]
    pub fn sql(&self, database: &str, statements: &str) -> String {
        expect_success(&self.try_sql(database, statements))
    }

    fn try_sql(&self, database: &str, statement: &str) -> Output {
        self.client(database).args(["--command", statement]).output().expect("psql runs")
    }

    /// Returns a `psql` command for the owner of a database.
    #[must_use]
    pub fn client(&self, database: &str) -> Command {
        let mut psql = Command::new(postgres_program("psql"));
        psql.args([
            "--no-psqlrc",
            "--no-align",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            "--host=127.0.0.1",
        ]);
        psql.arg(format!("--port={}", self.port.number)).arg(format!("--username={OWNER}"));
        psql.arg(format!("--dbname={database}"));
        psql
    }

    fn signal_all(&self, signal: Signal) {
        self.process.signal(signal);
        for child in self.children() {
            // An error means that the process has just ended.
            let _ = rustix::process::kill_process(child, signal);
        }
    }

    fn children(&self) -> Vec<rustix::process::Pid> {
        let id = self.process.id();
        let path = format!("/proc/{id}/task/{id}/children");
        let list = std::fs::read_to_string(path).unwrap_or_default();
        list.split_whitespace()
            .filter_map(|id| id.parse().ok().and_then(rustix::process::Pid::from_raw))
            .collect()
    }
}

impl Database<'_> {
    /// Returns the URL for the owner of the database.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(OWNER)
    }

    /// Returns the URL for `role`.
    #[must_use]
    pub fn url_of(&self, role: &str) -> String {
        format!("postgres://{role}@localhost:{}/{}", self.server.port.number, self.name)
    }

    /// Runs statements as the owner; returns the output of `psql`: the rows, then the command tag.
    #[must_use]
    pub fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements)
    }

    /// Returns the name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
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
