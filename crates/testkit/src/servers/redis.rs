//! Redis.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use super::guardian::{Ward, answers_in_time, end_of, folder};
use super::programs::redis_program;
use super::{Certificates, Monitor, Port};

/// How many databases the shared server has: one for each who asks.
const DATABASES: &str = "4096";

/// A running `redis-server`, which keeps nothing on disk unless told to.
#[derive(Debug)]
pub struct RedisServer {
    port: Port,
    /// Where it listens for TLS, where it does.
    tls_port: Option<Port>,
    ward: Ward,
}

impl RedisServer {
    /// Returns the server that all tests of this process share; they must not disturb each other.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["--databases", DATABASES]))
    }

    /// Starts a server for one test, which may freeze or kill it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more options, as on its command line.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        Self::launch(options, None)
    }

    /// Starts a server that also listens for TLS, with a certificate for `localhost`.
    #[must_use]
    pub fn start_with_tls(certificates: &Certificates) -> Self {
        let tls_port = Port::take();
        let port = tls_port.number.to_string();
        let [certificate, key, authority] =
            [certificates.certificate(), certificates.key(), certificates.authority()]
                .map(|path| path.to_str().expect("a readable path").to_owned());
        let options = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let options =
            [&options[..], &["--tls-ca-cert-file", &authority, "--tls-auth-clients", "no"]].concat();
        Self::launch(&options, Some(tls_port))
    }

    fn launch(options: &[&str], tls_port: Option<Port>) -> Self {
        let (port, folder) = (Port::take(), folder(None));
        let number = port.number.to_string();
        let program = redis_program("redis-server").to_string_lossy().into_owned();
        let fixed = ["--bind", "127.0.0.1", "--port", &number, "--save", "", "--appendonly", "no"];
        let arguments = fixed.into_iter().chain(options.iter().copied()).map(str::to_owned);
        let command = [program].into_iter().chain(arguments).collect();
        let server = Self { port, tls_port, ward: Ward::new(command, folder, None, "KILL") };
        server.start_again();
        server
    }

    /// Starts it again after [`kill`](Self::kill), on the same port, and waits until it answers.
    pub fn start_again(&self) {
        self.ward.start();
        let started = answers_in_time(|| self.answers());
        assert!(started, "redis-server does not start:\n{}", end_of(&self.ward.log()));
    }

    /// Kills it as a power cut would.
    pub fn kill(&self) {
        self.ward.kill();
    }

    /// Freezes it: the system still takes connections for it, but nobody answers.
    pub fn freeze(&self) {
        self.ward.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.ward.signal(Signal::CONT);
    }

    /// Returns the port without TLS.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// Returns its address without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number)
    }

    /// Returns the address of a database that nobody else uses, and its number.
    #[must_use]
    pub fn database(&self) -> (String, u32) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        (format!("{}/{number}", self.url()), number)
    }

    /// Returns its address with TLS.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let port = self.tls_port.as_ref().expect("a server with TLS");
        format!("rediss://localhost:{}", port.number)
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.ward.id()
    }

    /// Returns the folder that it runs in, where a dump of it lies.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.ward.folder.path()
    }

    /// Runs `redis-cli` with these words, and returns what it prints.
    #[must_use]
    pub fn cli(&self, words: &[&str]) -> String {
        let output = self.client().args(words).output().expect("redis-cli runs");
        assert!(output.status.success(), "redis-cli {words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Begins to watch the commands that it executes.
    #[must_use]
    pub fn monitor(&self) -> Monitor<'_> {
        Monitor::start(self)
    }

    /// Returns a `redis-cli` that talks to it.
    #[must_use]
    pub fn client(&self) -> Command {
        let mut client = Command::new(redis_program("redis-cli"));
        client.args(["-h", "127.0.0.1", "-p", &self.port.number.to_string()]);
        client
    }

    fn answers(&self) -> bool {
        let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number)) else {
            return false;
        };
        let mut answer = [0; 1];
        let asked = connection.write_all(b"PING\r\n").and_then(|()| connection.read_exact(&mut answer));
        // With a password set the answer is an error; it is an answer all the same.
        asked.is_ok()
    }
}
