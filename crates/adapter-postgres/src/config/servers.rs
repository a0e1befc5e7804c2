//! Splitting a URL with several hosts.

use std::net::IpAddr;

use auth_store_connection::Host;
use tokio_postgres::Config;

use crate::error::ConfigError;

const DEFAULT_PORT: u16 = 5432;

/// Returns one driver configuration per server. With all hosts in one configuration, the driver would use the first host
/// that accepts a connection, even if it is a standby or does not answer queries.
pub(super) fn split(
    common: &Config,
    hosts: &[Host],
    addresses: &[IpAddr],
) -> Result<Vec<Config>, ConfigError> {
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err(ConfigError::NoHost);
    }
    if ![hosts.len(), addresses.len()].iter().all(|length| [0, count].contains(length)) {
        return Err(ConfigError::UnevenHosts);
    }
    let server = |index: usize| {
        let mut server = common.clone();
        if let Some(host) = hosts.get(index) {
            server.host(&host.name);
        }
        if let Some(address) = addresses.get(index) {
            server.hostaddr(*address);
        }
        server.port(hosts.get(index).and_then(|host| host.port).unwrap_or(DEFAULT_PORT));
        server
    };
    Ok((0..count).map(server).collect())
}
