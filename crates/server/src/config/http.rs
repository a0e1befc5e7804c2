//! `http`: the public listener.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};

use super::reader::Reader;
use super::{cors_origins, trusted_proxies, values};

/// A longer delay is more likely a typing error: few process managers wait so long for a service to stop.
const LONGEST_DRAIN_DELAY: Duration = Duration::from_mins(10);

/// Open files that are kept for other uses than connections: stores, journals, logs and runtimes.
const RESERVED_FILES: usize = 256;
/// The default number of connections, if the file limit is not lower.
const MAX_CONNECTIONS: usize = 20_000;

/// `http`.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    pub(crate) listen: SocketAddr,
    /// Peers whose word on the client's address is taken.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) client_address_header: ClientAddressHeader,
    /// Origins whose pages may call from a browser, exactly as browsers send them.
    pub(crate) cors_origins: Vec<String>,
    /// How long the listener goes on after readiness has failed on SIGTERM.
    pub(crate) drain_delay: Duration,
    /// How long a connection is kept for the next request.
    pub(crate) keep_alive: Duration,
    /// Open connections, in total and per address (IPv6: per /64).
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    /// Whether `/swagger` and `/openapi.json` are served.
    pub(crate) documentation: bool,
    /// Whether `/health/ready` names the dependencies.
    pub(crate) readiness_details: bool,
}

/// The one header that a trusted proxy names the client in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAddressHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.read("http.listen", values::address);
        let trusted_proxies = reader.read("http.trusted_proxies", trusted_proxies::parse);
        let header = reader.read("http.client_address_header", |text| match text {
            "x-forwarded-for" => Ok(ClientAddressHeader::XForwardedFor),
            "forwarded" => Ok(ClientAddressHeader::Forwarded),
            other => Err(format!("\"{other}\" is neither x-forwarded-for nor forwarded")),
        });
        let cors_origins = reader.read("http.cors_origins", cors_origins::parse);
        let drain_delay = reader.read("http.drain_delay", |text| values::at_most(text, LONGEST_DRAIN_DELAY));
        let keep_alive = reader.read("http.keep_alive", values::lifetime);
        let max_connections = reader.read("http.max_connections", max_connections);
        let per_address = reader.read("http.max_connections_per_address", values::positive);
        let documentation = reader.read("http.documentation", values::switch);
        let readiness_details = reader.read("http.readiness_details", values::switch);
        Some(Self {
            listen: listen?,
            trusted_proxies: trusted_proxies?,
            client_address_header: header?,
            cors_origins: cors_origins?,
            drain_delay: drain_delay?,
            keep_alive: keep_alive?,
            max_connections: max_connections?,
            max_connections_per_address: per_address?,
            documentation: documentation?,
            readiness_details: readiness_details?,
        })
    }
}

/// A number of connections, or `auto`.
fn max_connections(text: &str) -> Result<usize, String> {
    let possible = connections_within(getrlimit(Resource::Nofile).maximum);
    if text == "auto" {
        return Ok(possible.min(MAX_CONNECTIONS));
    }
    match values::positive(text) {
        Ok(number) if number > possible => Err(format!(
            "{number} connections do not fit into the limit of open files, which leaves room for {possible}; \
             raise the limit (LimitNOFILE=, ulimit -Hn) or set it to auto"
        )),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("\"{text}\" is neither a whole number of at least 1 nor `auto`")),
    }
}

/// Returns how many connections fit into a limit of open files: all but [`RESERVED_FILES`], or half of a small limit.
fn connections_within(files: Option<u64>) -> usize {
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    files - RESERVED_FILES.min(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (files, connections) in [(20_000, 19_744), (1_024, 768), (256, 128), (2, 1)] {
            assert_eq!(connections_within(Some(files)), connections);
        }
        assert_eq!(connections_within(None), usize::MAX - RESERVED_FILES);
    }
}
