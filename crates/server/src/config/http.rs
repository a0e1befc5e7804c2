//! `http`: the public listener.

use std::net::SocketAddr;
use std::time::Duration;

use auth_http_input::AddressHeader;
use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};

use super::reader::Reader;
use super::{choices, cors_origins, durations, numbers, ranges, values};

/// The longest drain delay. Few process managers wait so long for a service to stop, so a longer one is probably a mistake.
const LONGEST_DRAIN_DELAY: Duration = Duration::from_mins(10);

/// The number of open files that are reserved for stores, logs and runtimes.
const RESERVED_FILES: usize = 256;
/// The most connections that `auto` stands for.
const MAX_CONNECTIONS: usize = 20_000;
/// The largest limit per address. No process has more open files.
const MAX_CONNECTIONS_PER_ADDRESS: usize = 1_000_000;

/// `http`
#[derive(Debug)]
pub(crate) struct HttpSettings {
    pub(crate) listen: SocketAddr,
    /// The peers whose header with the client address is trusted.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) client_address_header: AddressHeader,
    /// The origins of pages that can call the service from a browser, exactly as browsers send them.
    pub(crate) cors_origins: Vec<String>,
    /// How long the listener accepts requests after SIGTERM, while readiness fails.
    pub(crate) drain_delay: Duration,
    /// How long an idle connection stays open.
    pub(crate) keep_alive: Duration,
    /// The limits of open connections: in total, and per address (IPv6: per /64).
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    /// Whether `/swagger` and `/openapi.json` are served.
    pub(crate) documentation: bool,
    /// Whether `/health/ready` names the dependencies.
    pub(crate) readiness_details: bool,
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen = Self::read_listen(reader);
        let trusted_proxies = reader.read_list("http.trusted_proxies", ranges::trusted_proxies);
        let header = reader.read("http.client_address_header", |text| {
            let headers =
                [("x-forwarded-for", AddressHeader::XForwardedFor), ("forwarded", AddressHeader::Forwarded)];
            choices::choice(text, &headers)
        });
        let cors_origins = reader.read_list("http.cors_origins", cors_origins::parse);
        let drain_delay =
            reader.read("http.drain_delay", |text| durations::at_most(text, LONGEST_DRAIN_DELAY));
        let keep_alive = reader.read("http.keep_alive", durations::lifetime);
        let max_connections = reader.read("http.max_connections", max_connections);
        let per_address = reader.read("http.max_connections_per_address", |text| {
            numbers::within(text, &(1..=MAX_CONNECTIONS_PER_ADDRESS))
        });
        let documentation = reader.read("http.documentation", choices::switch);
        let readiness_details = reader.read("http.readiness_details", choices::switch);
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

    /// Takes the address of the public listener.
    pub(super) fn read_listen(reader: &mut Reader) -> Option<SocketAddr> {
        reader.read("http.listen", values::address)
    }
}

/// Parses a number of connections, or `auto`.
fn max_connections(text: &str) -> Result<usize, String> {
    let possible = connections_within(getrlimit(Resource::Nofile).maximum);
    let automatic = possible.min(MAX_CONNECTIONS);
    match text.parse::<usize>() {
        Ok(number) if number > possible => Err(format!(
            "the limit of open files allows only {possible} connections, and not {number}; raise the limit (LimitNOFILE=, \
             ulimit -Hn), or write auto"
        )),
        _ => numbers::within_or(text, &(1..=possible), "auto").map(|number| number.unwrap_or(automatic)),
    }
}

/// Returns how many connections a limit of open files allows: all but [`RESERVED_FILES`], or half of a small limit.
fn connections_within(files: Option<u64>) -> usize {
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    files - RESERVED_FILES.min(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_other_uses() {
        for (files, connections) in [(20_000, 19_744), (1_024, 768), (256, 128), (2, 1)] {
            assert_eq!(connections_within(Some(files)), connections);
        }
        assert_eq!(connections_within(None), usize::MAX - RESERVED_FILES);
    }
}
