//! A Postgres server whose connections are all in use.
#![expect(clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

use std::io::{Read, Write};
use std::iter;
use std::net::TcpStream;

use auth_e2e::Servers;

/// The role of the service, to which Postgres keeps no connection free.
pub(crate) const ROLE: &str = "service";
/// The role of the other clients.
pub(crate) const STRANGER: &str = "stranger";
/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 196_608;

/// The connections of the other clients; dropped, they are free again.
pub(crate) struct Exhausted {
    _taken: Vec<TcpStream>,
}

impl Exhausted {
    /// Ends the connections of the service, and takes all that are free.
    pub(crate) fn new(servers: &Servers) -> Self {
        // Under load the service takes a free connection at once: meanwhile it may not.
        servers.query(&format!("ALTER ROLE {ROLE} CONNECTION LIMIT 0"));
        servers.query(&format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{ROLE}'"
        ));
        let taken = iter::from_fn(|| connection(servers)).collect();
        servers.query(&format!("ALTER ROLE {ROLE} CONNECTION LIMIT -1"));
        Self { _taken: taken }
    }
}

/// Opens a connection; `None` if the server has no free one.
fn connection(servers: &Servers) -> Option<TcpStream> {
    let parameters = format!("user\0{STRANGER}\0database\0{}\0\0", servers.database().name());
    let length = u32::try_from(parameters.len() + 8).expect("a short message");
    let mut connection =
        TcpStream::connect(("127.0.0.1", servers.postgres.port())).expect("a server that listens");
    let start = [&length.to_be_bytes(), &PROTOCOL.to_be_bytes(), parameters.as_bytes()].concat();
    connection.write_all(&start).expect("a server that reads");
    // The server may accept the role first, and then find that the other connections are reserved.
    loop {
        let mut head = [0; 5];
        connection.read_exact(&mut head).expect("a message");
        let [kind, length @ ..] = head;
        match kind {
            b'E' => return None,
            b'Z' => return Some(connection),
            _ => {
                let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
                connection.read_exact(&mut body).expect("a message");
            }
        }
    }
}
