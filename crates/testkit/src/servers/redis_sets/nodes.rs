//! The servers of a set.

use auth_domain::ports::Entropy;

use crate::entropy::TestEntropy;
use crate::servers::{Port, RedisServer};

use super::options::{SetOptions, USER};

/// The configuration file in the folder of a server. The server rewrites it after a failover.
pub(super) const CONFIGURATION: &str = "redis.conf";

/// The reserved ports of a server, and its id of 40 digits, which other servers know before it starts.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) id: String,
    pub(super) port: Port,
    pub(super) tls_port: Option<Port>,
}

impl Place {
    pub(super) fn take(options: &SetOptions<'_>) -> Self {
        let tls_port = options.certificates.map(|_| Port::take());
        Self { id: random_id(), port: Port::take(), tls_port }
    }

    /// The port that other servers and clients use.
    pub(super) fn main(&self) -> u16 {
        self.tls_port.as_ref().unwrap_or(&self.port).number
    }

    /// The lines that every process of a set has.
    pub(super) fn lines(&self, options: &SetOptions<'_>) -> String {
        let tls = options.tls(self.tls_port.as_ref().map(|port| port.number));
        format!("bind 127.0.0.1\nport {}\n{tls}", self.port.number)
    }

    /// Starts a server that stores data.
    pub(super) fn store(self, options: &SetOptions<'_>, lines: &str, more: &[(&str, String)]) -> RedisServer {
        let password = options.password();
        let authentication = password.map(|password| format!("masterauth {password}\n")).unwrap_or_default();
        let text = format!(
            "{}{}{authentication}save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n{lines}\n{}\n",
            self.lines(options),
            options.access(USER),
            options.lines.join("\n")
        );
        let files = [&[(CONFIGURATION, text)], more].concat();
        RedisServer::start_by_files((self.port, self.tls_port), password, &files, &[])
    }
}

fn random_id() -> String {
    let mut bytes = [0; 20];
    TestEntropy.fill(&mut bytes).expect("the random numbers of the operating system");
    bytes.map(|byte| format!("{byte:02x}")).concat()
}
