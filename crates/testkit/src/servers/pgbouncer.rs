//! The pooler `PgBouncer`.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::OnceLock;

use super::programs::pgbouncer_program;
use super::supervisor::{Account, ServerProcess, folder, last_lines, wait_until};
use super::{Database, Port, PostgresServer};

/// A running `pgbouncer` before a server. Apart from addresses and accounts, its settings are the defaults.
#[derive(Debug)]
pub struct PgBouncer {
    server_port: u16,
    port: Port,
    process: ServerProcess,
}

impl PgBouncer {
    /// Starts a pooler before `server`, and waits until it listens. `mode` is its `pool_mode`.
    #[must_use]
    pub fn start(server: &PostgresServer, mode: &str) -> Self {
        let (account, port) = (Account::of_postgres(), Port::take());
        let folder = folder(account);
        let configuration = folder.path().join("pgbouncer.ini").to_string_lossy().into_owned();
        let command = vec![pgbouncer_program().to_string_lossy().into_owned(), configuration];
        let process = ServerProcess::new(command, folder, account, "KILL");
        let pooler = Self { server_port: server.port(), port, process };
        pooler.start_in(mode, "trust", "");
        pooler
    }

    /// Kills the pooler and starts it in another mode, on the same port.
    pub fn restart_in(&self, mode: &str) {
        self.process.kill();
        self.start_in(mode, "trust", "");
    }

    /// Kills the pooler and starts it again on the same port. It pools sessions, and requires this password.
    pub fn restart_with_password(&self, password: &str) {
        self.process.kill();
        self.start_in("session", "scram-sha-256", password);
    }

    fn start_in(&self, mode: &str, authentication: &str, password: &str) {
        let (folder, to, on) = (self.process.folder.path(), self.server_port, self.port.number);
        let users = folder.join("users.txt");
        fs::write(&users, format!("\"hooksentry\" \"{password}\"\n")).expect("a writable folder");
        let users = users.display();
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={to}\n\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {on}\n\
             unix_socket_dir =\nauth_type = {authentication}\nauth_file = {users}\npool_mode = {mode}\n"
        );
        fs::write(folder.join("pgbouncer.ini"), text).expect("a writable folder");
        self.process.start();
        let started = wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, on)).is_ok());
        assert!(started, "pgbouncer did not start:\n{}", last_lines(&self.process.log()));
    }

    /// Returns the pooler before the [shared server](PostgresServer::shared) that the tests of this process share.
    ///
    /// # Panics
    /// If they share one in another mode.
    pub fn shared(mode: &str) -> &'static Self {
        static SHARED: OnceLock<(String, PgBouncer)> = OnceLock::new();
        let start = || (mode.to_owned(), Self::start(PostgresServer::shared(), mode));
        let (shared_mode, pooler) = SHARED.get_or_init(start);
        assert_eq!(shared_mode, mode);
        pooler
    }

    /// Returns the URL of a database of the server, through the pooler.
    #[must_use]
    pub fn url(&self, database: &Database<'_>) -> String {
        format!("postgres://hooksentry@localhost:{}/{}", self.port.number, database.name())
    }
}
