//! The Prometheus server.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::Port;
use super::programs::prometheus_program;
use super::supervisor::{ServerProcess, folder, last_lines, wait_until};

/// A running `prometheus` with the caller's configuration and an empty database.
#[derive(Debug)]
pub struct PrometheusServer {
    port: Port,
    process: ServerProcess,
}

impl PrometheusServer {
    /// Starts the server and waits until it is ready.
    ///
    /// `files` are names and texts of files in its folder. One of them must be `prometheus.yml`, which may name the others.
    #[must_use]
    pub fn start(files: &[(&str, &str)]) -> Self {
        let (port, folder) = (Port::take(), folder(None));
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a writable folder");
        }
        let program = prometheus_program("prometheus").to_string_lossy().into_owned();
        let listen = format!("--web.listen-address=127.0.0.1:{}", port.number);
        let options =
            ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn", &listen];
        let command = [program].into_iter().chain(options.map(str::to_owned)).collect();
        let server = Self { port, process: ServerProcess::new(command, folder, None, "KILL") };
        server.process.start();
        let started = wait_until(|| server.is_ready());
        assert!(started, "prometheus did not start:\n{}", last_lines(&server.process.log()));
        server
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port.number)
    }

    /// Returns whether the server has read its database and answers queries.
    fn is_ready(&self) -> bool {
        let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number)) else {
            return false;
        };
        let mut answer = String::new();
        let asked = connection.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n");
        let read = asked.and_then(|()| connection.read_to_string(&mut answer));
        read.is_ok() && answer.starts_with("HTTP/1.0 200")
    }
}
