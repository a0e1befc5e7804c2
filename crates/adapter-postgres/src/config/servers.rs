//! Splitting a URL with several hosts.

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::error::ConfigError;

/// Returns one driver configuration per server. With all hosts in one configuration, the driver would use the first host
/// that accepts a connection, even if it is a standby or does not answer queries.
pub(super) fn split(config: &Config) -> Result<Vec<Config>, ConfigError> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| [0, count].contains(&length);
    if !fits(hosts.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return Err(ConfigError::UnevenHosts);
    }
    let common = without_hosts(config);
    let server = |index: usize| {
        let mut server = common.clone();
        match hosts.get(index) {
            Some(Host::Tcp(name)) => _ = server.host(name),
            Some(Host::Unix(path)) => _ = server.host_path(path),
            None => {}
        }
        if let Some(address) = addresses.get(index) {
            server.hostaddr(*address);
        }
        if let Some(port) = ports.get(index).or(ports.first()) {
            server.port(*port);
        }
        server
    };
    Ok((0..count).map(server).collect())
}

/// Returns the settings that all servers have in common.
fn without_hosts(config: &Config) -> Config {
    let mut common = Config::new();
    if let Some(user) = config.get_user() {
        common.user(user);
    }
    if let Some(password) = config.get_password() {
        common.password(password);
    }
    if let Some(database) = config.get_dbname() {
        common.dbname(database);
    }
    if let Some(options) = config.get_options() {
        common.options(options);
    }
    if let Some(name) = config.get_application_name() {
        common.application_name(name);
    }
    common
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .load_balance_hosts(config.get_load_balance_hosts())
        .keepalives(config.get_keepalives());
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Address;

    #[test]
    fn each_host_of_the_url_becomes_one_server() {
        let address =
            Address::parse("postgres://auth:pw@localhost:5433,[::1]:5434,127.0.0.1/db", false).unwrap();
        let named = |server: &Config| (server.get_hosts().to_vec(), server.get_ports().to_vec());
        let expected = [("localhost", 5433), ("::1", 5434), ("127.0.0.1", 5432)]
            .map(|(host, port)| (vec![Host::Tcp(host.to_owned())], vec![port]));
        assert_eq!(address.servers.iter().map(named).collect::<Vec<_>>(), expected);
        for server in &address.servers {
            assert_eq!(server.get_user(), Some("auth"));
            assert_eq!(server.get_password(), Some(&b"pw"[..]));
            assert_eq!(server.get_dbname(), Some("db"));
        }
        let uneven = Address::parse("postgres://auth@localhost,db/db?hostaddr=127.0.0.1", true);
        assert!(matches!(uneven, Err(ConfigError::UnevenHosts)));
    }
}
