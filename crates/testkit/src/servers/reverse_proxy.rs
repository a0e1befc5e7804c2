//! The reverse proxies HAProxy and Caddy.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

use super::Port;
use super::programs::{caddy_program, haproxy_program};
use super::supervisor::{ServerProcess, folder, last_lines, wait_until};

/// Global options of Caddy: no admin endpoint, no certificates.
const CADDY_OPTIONS: &str = "{\n\tadmin off\n\tauto_https off\n}\n";

/// A running reverse proxy with the caller's configuration.
#[derive(Debug)]
pub struct ReverseProxy {
    port: Port,
    #[expect(dead_code, reason = "dropping it stops the program")]
    process: ServerProcess,
}

impl ReverseProxy {
    /// Starts `haproxy` and waits until it listens.
    ///
    /// `configuration` is the whole configuration file. It must make HAProxy listen on `port` of 127.0.0.1.
    #[must_use]
    pub fn haproxy(port: Port, configuration: &str) -> Self {
        let arguments = ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec();
        Self::start(port, &haproxy_program(), arguments, "haproxy.cfg", configuration)
    }

    /// Starts `caddy` and waits until it listens.
    ///
    /// `sites` is the Caddyfile without global options. It must make Caddy listen on `port` of 127.0.0.1.
    #[must_use]
    pub fn caddy(port: Port, sites: &str) -> Self {
        let arguments =
            ["run", "--config", "Caddyfile", "--adapter", "caddyfile"].map(str::to_owned).to_vec();
        Self::start(port, &caddy_program(), arguments, "Caddyfile", &[CADDY_OPTIONS, sites].concat())
    }

    fn start(port: Port, program: &Path, arguments: Vec<String>, file: &str, text: &str) -> Self {
        let folder = folder(None);
        fs::write(folder.path().join(file), text).expect("a writable folder");
        let home = format!("HOME={}", folder.path().display());
        let environment = ["env", "-u", "XDG_DATA_HOME", "-u", "XDG_CONFIG_HOME", &home].map(str::to_owned);
        let program = program.to_string_lossy().into_owned();
        let command = environment.into_iter().chain([program]).chain(arguments).collect();
        let process = ServerProcess::new(command, folder, None, "KILL");
        process.start();
        let listens = || TcpStream::connect((Ipv4Addr::LOCALHOST, port.number)).is_ok();
        assert!(wait_until(listens), "the proxy did not start:\n{}", last_lines(&process.log()));
        Self { port, process }
    }

    /// Returns the address that the proxy listens on.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port.number)
    }
}
