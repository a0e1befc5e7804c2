//! The Redis server.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use super::programs::redis_program;
use super::resp::ask;
use super::supervisor::{ServerProcess, folder, last_lines, wait_until};
use super::{Certificates, Monitor, Port};

/// The number of databases of the shared server. Each test takes its own.
const DATABASES: &str = "4096";

/// A running `redis-server`, without persistence by default.
#[derive(Debug)]
pub struct RedisServer {
    port: Port,
    /// The TLS port, if it has one.
    tls_port: Option<Port>,
    /// The password of the default user, if it has one.
    password: Option<String>,
    process: ServerProcess,
}

impl RedisServer {
    /// Returns the server that the tests of this process share. Each test must use its own database.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["--databases", DATABASES]))
    }

    /// Starts a server for one test, which may freeze or kill it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with additional command-line options.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        Self::launch(&[], options, None)
    }

    /// Starts a server by another program, whose last arguments are the server and its options.
    #[must_use]
    pub fn start_by(wrapper: &[String]) -> Self {
        Self::launch(wrapper, &[], None)
    }

    /// Starts a server with an additional TLS port, with a certificate for `localhost`.
    #[must_use]
    pub fn start_with_tls(certificates: &Certificates) -> Self {
        Self::launch_with_tls(certificates, "no")
    }

    /// Starts a server with an additional TLS port that requires a client certificate, as Redis does by default.
    #[must_use]
    pub fn start_with_client_certificates(certificates: &Certificates) -> Self {
        Self::launch_with_tls(certificates, "yes")
    }

    fn launch_with_tls(certificates: &Certificates, clients: &str) -> Self {
        let tls_port = Port::take();
        let port = tls_port.number.to_string();
        let [certificate, key, authority] =
            [certificates.certificate(), certificates.key(), certificates.authority()]
                .map(|path| path.to_str().expect("a UTF-8 path").to_owned());
        let options = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let options =
            [&options[..], &["--tls-ca-cert-file", &authority, "--tls-auth-clients", clients]].concat();
        Self::launch(&[], &options, Some(tls_port))
    }

    fn launch(wrapper: &[String], options: &[&str], tls_port: Option<Port>) -> Self {
        let (port, folder) = (Port::take(), folder(None));
        let number = port.number.to_string();
        let program = redis_program("redis-server").to_string_lossy().into_owned();
        let fixed = ["--bind", "127.0.0.1", "--port", &number, "--save", "", "--appendonly", "no"];
        let arguments = fixed.into_iter().chain(options.iter().copied()).map(str::to_owned);
        let command = wrapper.iter().cloned().chain([program]).chain(arguments).collect();
        let process = ServerProcess::new(command, folder, None, "KILL");
        let server = Self { port, tls_port, password: None, process };
        server.start_again();
        server
    }

    /// Starts a server by a configuration file, which the server may rewrite, and more files for its folder.
    pub(super) fn start_by_files(
        (port, tls_port): (Port, Option<Port>),
        password: Option<&str>,
        files: &[(&str, String)],
        options: &[&str],
    ) -> Self {
        let folder = folder(None);
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a writable folder");
        }
        let program = redis_program("redis-server").to_string_lossy().into_owned();
        let configuration = folder.path().join(files[0].0).to_string_lossy().into_owned();
        let options = options.iter().map(|option| (*option).to_owned());
        let command = [program, configuration].into_iter().chain(options).collect();
        let process = ServerProcess::new(command, folder, None, "KILL");
        let server = Self { port, tls_port, password: password.map(str::to_owned), process };
        server.start_again();
        server
    }

    /// Starts the server again after [`kill`](Self::kill), on the same port, and waits until it answers.
    pub fn start_again(&self) {
        self.process.start();
        let started = wait_until(|| self.answers());
        assert!(started, "redis-server did not start:\n{}", last_lines(&self.process.log()));
    }

    /// Kills the server, as a power failure would.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Freezes the server: the kernel still accepts connections, but no command is answered.
    pub fn freeze(&self) {
        self.process.signal(Signal::STOP);
    }

    /// Resumes a frozen server.
    pub fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }

    /// Returns the port for connections without TLS.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// Returns the URL without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number)
    }

    /// Returns the URL and the number of a database that no other test uses.
    #[must_use]
    pub fn database(&self) -> (String, u32) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        (format!("{}/{number}", self.url()), number)
    }

    /// Returns the URL with TLS.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let port = self.tls_port.as_ref().expect("a server with TLS");
        format!("rediss://localhost:{}", port.number)
    }

    /// Returns the process id of the server.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the working folder, which contains the RDB file if there is one.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.process.folder.path()
    }

    /// Returns what the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.process.log()).unwrap_or_default()
    }

    /// Returns the port for connections with TLS if it has one, else the port without.
    #[must_use]
    pub fn main_port(&self) -> u16 {
        self.tls_port.as_ref().unwrap_or(&self.port).number
    }

    /// Returns the password of the default user, if it has one.
    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Returns whether the server runs: it was not killed, but it may be frozen.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_running()
    }

    /// Sends a command; returns the values of the reply, or `None` without a reply within half a second. An error is a reply.
    #[must_use]
    pub fn ask(&self, words: &[&str]) -> Option<Vec<String>> {
        ask(self.port.number, self.password.as_deref(), words).ok()
    }

    /// Runs `redis-cli` with these arguments; returns its output.
    #[must_use]
    pub fn cli(&self, words: &[&str]) -> String {
        let output = self.client().args(words).output().expect("redis-cli runs");
        assert!(output.status.success(), "redis-cli {words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Starts to monitor the commands that the server executes.
    #[must_use]
    pub fn monitor(&self) -> Monitor<'_> {
        Monitor::start(self)
    }

    /// Returns a `redis-cli` command for this server.
    #[must_use]
    pub fn client(&self) -> Command {
        let mut client = Command::new(redis_program("redis-cli"));
        client.args(["-h", "127.0.0.1", "-p", &self.port.number.to_string()]);
        client.envs(self.password.iter().map(|password| ("REDISCLI_AUTH", password)));
        client
    }

    fn answers(&self) -> bool {
        // If a test has set a password, the answer is an error, which also shows that the server is running.
        self.ask(&["PING"]).is_some()
    }
}
