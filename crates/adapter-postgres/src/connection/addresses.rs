//! The addresses of a server.

use tokio::net::lookup_host;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::error::StoreError;

/// The port that a URL without a port means.
const PORT: u16 = 5432;

/// Returns a configuration for each address behind the name of the server, with the name, which TLS verifies. The driver would use
/// the first address that accepts a connection, even if it is a standby or does not answer.
pub(super) async fn addresses(server: &Config) -> Result<Vec<Config>, StoreError> {
    let ([], [Host::Tcp(name)]) = (server.get_hostaddrs(), server.get_hosts()) else {
        return Ok(vec![server.clone()]);
    };
    let port = server.get_ports().first().copied().unwrap_or(PORT);
    let found = lookup_host((name.as_str(), port)).await.map_err(StoreError::UnknownHost)?;
    Ok(found.map(|address| server.clone().hostaddr(address.ip()).clone()).collect())
}
