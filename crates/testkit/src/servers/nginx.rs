//! nginx.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};

use super::Port;
use super::guardian::{Ward, answers_in_time, end_of, folder};
use super::programs::nginx_program;

/// What stands before and after the `http` block of the caller. One process in the foreground, which can be killed and
/// leaves no workers behind; whatever it writes, it writes below the folder that it is started with.
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
const TAIL: &str = "\n}\n";

/// A running `nginx` that knows no configuration of the machine's.
#[derive(Debug)]
pub struct NginxServer {
    port: Port,
    ward: Ward,
}

impl NginxServer {
    /// Starts one and waits until it listens.
    ///
    /// `http` is what its `http` block holds, and must have it listen on `port` of 127.0.0.1.
    #[must_use]
    pub fn start(port: Port, http: &str) -> Self {
        let folder = folder(None);
        fs::write(folder.path().join("nginx.conf"), [HEAD, http, TAIL].concat()).expect("a writable folder");
        let program = nginx_program().to_string_lossy().into_owned();
        let prefix = folder.path().to_string_lossy().into_owned();
        let arguments = ["-e", "stderr", "-c", "nginx.conf", "-p", &prefix].map(str::to_owned);
        let command = [program].into_iter().chain(arguments).collect();
        let server = Self { port, ward: Ward::new(command, folder, None, "KILL") };
        server.ward.start();
        let started = answers_in_time(|| server.listens());
        assert!(started, "nginx does not start:\n{}", end_of(&server.ward.log()));
        server
    }

    /// Returns its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number)
    }

    fn listens(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number)).is_ok()
    }
}
