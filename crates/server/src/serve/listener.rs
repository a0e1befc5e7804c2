//! Listening sockets, and the limit of open files.

use std::net::{SocketAddr, TcpListener};

use auth_domain::model::Event;
use rustix::net::sockopt;
use tracing::warn;

use crate::command_error::CommandError;
use crate::config::ENVIRONMENT_PREFIX;

/// The number of connections that may wait for an accept: the default limit of Linux (`net.core.somaxconn`).
///
/// Beyond it, the kernel drops the first packet, and the client repeats it after 1 s and 3 s. A proxy that opens a
/// connection for each request fills a queue of 1,024 with as many clients.
pub(super) const BACKLOG: i32 = 4_096;

/// The send buffer of a connection in the kernel, in bytes. Linux doubles it for its own records.
///
/// Without a limit, it grows to some megabytes, and a thousand clients that do not read take gigabytes (S-74).
const SEND_BUFFER: usize = 64 * 1_024;

/// The receive buffer of a connection in the kernel, in bytes; Linux doubles it, too. A client that reads no response can
/// send requests until it is full.
const RECEIVE_BUFFER: usize = 32 * 1_024;

/// A bound port.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    /// The address with the port that the system chose, if the setting is port 0.
    pub(super) address: SocketAddr,
}

impl Listener {
    /// Binds the port of `setting`.
    pub(super) fn open(address: SocketAddr, setting: &str) -> Result<Self, CommandError> {
        let complain = |error| {
            CommandError::Failed(format!(
                "cannot listen on {address}: {error}; set {ENVIRONMENT_PREFIX}{setting} to a free address and port"
            ))
        };
        let socket = TcpListener::bind(address).map_err(complain)?;
        // The standard library uses 128. A client beyond it waits a second for its next SYN.
        rustix::net::listen(&socket, BACKLOG).map_err(|error| complain(error.into()))?;
        // Accepted sockets inherit both sizes.
        sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER).map_err(|error| complain(error.into()))?;
        sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)
            .map_err(|error| complain(error.into()))?;
        let address = socket.local_addr().map_err(complain)?;
        Ok(Self { socket, address })
    }
}

/// Raises the soft limit of open files to the hard limit: the usual 1,024 files are too few for a burst of slow clients
/// (S-74).
pub(super) fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!(event = Event::FileLimit.name(), %error, "the limit of open files could not be raised");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-74
    #[test]
    fn the_buffers_of_the_kernel_are_limited() {
        let listener = Listener::open("127.0.0.1:0".parse().unwrap(), "HTTP__LISTEN").unwrap();
        let _client = std::net::TcpStream::connect(listener.address).unwrap();
        let (accepted, _) = listener.socket.accept().unwrap();
        let size = sockopt::socket_send_buffer_size(&accepted).unwrap();
        assert!((SEND_BUFFER..=2 * SEND_BUFFER).contains(&size), "{size}");
        let size = sockopt::socket_recv_buffer_size(&accepted).unwrap();
        assert!((RECEIVE_BUFFER..=2 * RECEIVE_BUFFER).contains(&size), "{size}");
    }

    #[test]
    fn a_port_in_use_is_rejected_with_the_name_of_its_setting() {
        let taken = Listener::open("127.0.0.1:0".parse().unwrap(), "HTTP__LISTEN").unwrap();
        let Err(failure) = Listener::open(taken.address, "ADMIN__LISTEN") else {
            panic!("the port was bound twice")
        };
        let text = failure.to_string();
        assert!(text.contains("HOOKSENTRY_AUTH__ADMIN__LISTEN"), "{text}");
        assert!(text.contains(&taken.address.to_string()), "{text}");
    }
}
