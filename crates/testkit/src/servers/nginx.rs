//! The nginx server.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};

use super::Port;
use super::programs::nginx_program;
use super::supervisor::{ServerProcess, folder, last_lines, wait_until};

/// The configuration before the caller's part of the `http` block. It runs nginx as one foreground process, which leaves
/// no worker processes when it is killed, and writes only to the working folder.
const HEAD: &str = "
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; }
http {
access_log off;
client_body_temp_path client_body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
";
/// The configuration after the caller's part.
const TAIL: &str = "\n}\n";

/// A running `nginx` that does not use the configuration files of the machine.
#[derive(Debug)]
pub struct NginxServer {
    port: Port,
    process: ServerProcess,
}

impl NginxServer {
    /// Starts the server and waits until it listens.
    ///
    /// `http` is the content of the `http` block. It must make nginx listen on `port` of 127.0.0.1.
    #[must_use]
    pub fn start(port: Port, http: &str) -> Self {
        let folder = folder(None);
        fs::write(folder.path().join("nginx.conf"), [HEAD, http, TAIL].concat()).expect("a writable folder");
        let program = nginx_program().to_string_lossy().into_owned();
        let prefix = folder.path().to_string_lossy().into_owned();
        let arguments = ["-e", "stderr", "-c", "nginx.conf", "-p", &prefix].map(str::to_owned);
        let command = [program].into_iter().chain(arguments).collect();
        let server = Self { port, process: ServerProcess::new(command, folder, None, "KILL") };
        server.process.start();
        let started = wait_until(|| server.listens());
        assert!(started, "nginx did not start:\n{}", last_lines(&server.process.log()));
        server
    }

    /// Returns the URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number)
    }

    fn listens(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number)).is_ok()
    }
}
