//! The address of a Redis server, and the protection of the connection to it.

mod url;

use std::fs;
use std::net::IpAddr;

use redis::{Client, ConnectionAddr, ConnectionInfo, TlsCertificates};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::RedisConfig;
use crate::error::ConfigError;

/// An address that may be connected to.
pub(crate) struct Address {
    /// Contains the password.
    pub(crate) connection: ConnectionInfo,
    pub(crate) transport: Transport,
}

/// The protection of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TLS; chain and host name are verified.
    Tls,
    /// The connection stays on this machine.
    Local,
    /// Plain text to another machine, allowed by a setting.
    PlainText,
}

impl RedisConfig {
    /// Checks the configuration without a connection.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn check(&self) -> Result<(), ConfigError> {
        Address::parse(self).map(drop)
    }
}

impl Address {
    pub(crate) fn parse(config: &RedisConfig) -> Result<Self, ConfigError> {
        let info = url::parse(&config.url)?;
        let transport = transport(info.addr(), config.allow_plain_text)?;
        match (&config.ca_file, transport) {
            (None, _) => Ok(Self { connection: info, transport }),
            (Some(_), Transport::Local | Transport::PlainText) => Err(ConfigError::UnusedAuthority),
            (Some(path), Transport::Tls) => {
                let unusable = |problem: String| ConfigError::Authority { path: path.clone(), problem };
                let authority = fs::read(path).map_err(|error| unusable(error.to_string()))?;
                // The driver accepts a file without certificates, and then rejects every server.
                if !matches!(CertificateDer::pem_slice_iter(&authority).next(), Some(Ok(_))) {
                    return Err(unusable("it contains no certificate in PEM".to_owned()));
                }
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(authority) };
                let client = Client::build_with_tls(info, certificates);
                let client = client.map_err(|error| unusable(error.to_string()))?;
                Ok(Self { connection: client.get_connection_info().clone(), transport })
            }
        }
    }
}

fn transport(address: &ConnectionAddr, allow_plain_text: bool) -> Result<Transport, ConfigError> {
    match address {
        ConnectionAddr::TcpTls { .. } => Ok(Transport::Tls),
        ConnectionAddr::Tcp(host, _) if is_loopback(host) => Ok(Transport::Local),
        ConnectionAddr::Unix(_) => Ok(Transport::Local),
        ConnectionAddr::Tcp(..) if allow_plain_text => Ok(Transport::PlainText),
        _ => Err(ConfigError::PlainText),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> RedisConfig {
        RedisConfig::new(url.to_owned())
    }

    // S-86
    #[test]
    fn plain_text_to_another_machine_needs_permission() {
        for local in
            ["redis://127.0.0.1:6379", "redis://localhost", "redis://[::1]:6379/3", "redis://:pw@127.9.9.9"]
        {
            assert_eq!(Address::parse(&config(local)).unwrap().transport, Transport::Local, "{local}");
        }
        for remote in ["redis://10.0.0.1", "redis://localhost.example.com", "redis://redis:6379"] {
            assert!(matches!(config(remote).check(), Err(ConfigError::PlainText)), "{remote}");
            let mut allowed = config(remote);
            allowed.allow_plain_text = true;
            assert_eq!(Address::parse(&allowed).unwrap().transport, Transport::PlainText);
        }
        assert_eq!(Address::parse(&config("rediss://redis:6380")).unwrap().transport, Transport::Tls);
    }

    // S-86
    #[test]
    fn tls_without_verification_is_rejected() {
        let rejected = config("rediss://redis:6380/#insecure").check();
        assert!(matches!(rejected, Err(ConfigError::Unverified)));
    }

    // S-40
    #[test]
    fn no_config_error_contains_the_password() {
        for bad in
            ["http://:sesame@host", "redis://:sesame@host", "sesame", "rediss://:sesame@host/#insecure"]
        {
            let error = config(bad).check().unwrap_err().to_string();
            assert!(error.starts_with("REDIS__URL: ") && !error.contains("sesame"), "{error}");
        }
        assert_eq!(format!("{:?}", config("redis://:sesame@host")), "RedisConfig(..)");
    }

    #[test]
    fn ca_file_needs_tls_and_a_certificate() {
        let with = |url, path: &str| {
            let mut config = config(url);
            config.ca_file = Some(path.into());
            config
        };
        let unused = with("redis://localhost", "/no/such.pem").check();
        assert!(matches!(unused, Err(ConfigError::UnusedAuthority)));
        for path in ["/no/such.pem", "/etc/hostname"] {
            let error = with("rediss://localhost", path).check().unwrap_err().to_string();
            assert!(error.starts_with("REDIS__CA_FILE: ") && error.contains(path), "{error}");
        }
    }
}
