//! The addresses of Redis, and the protection of the connections to them.

mod form;
mod parts;
mod protection;
mod several_hosts;
mod url;

use auth_store_connection::{TlsFile, TlsSettings, client_files};
use redis::RedisConnectionInfo;

use crate::config::RedisConfig;
use crate::error::ConfigError;
use crate::tls::{CA_FILE, CLIENT_FILES};
use parts::ParsedUrl;

pub(crate) use form::{Form, SentinelForm};
pub(crate) use protection::{Protection, Transport};

/// Addresses that may be connected to.
pub(crate) struct Address {
    pub(crate) form: Form,
    /// The user of the servers, and the database. Contains the password.
    pub(crate) user: RedisConnectionInfo,
    pub(crate) protection: Protection,
    /// The weakest protection of the addresses in the URL.
    pub(crate) transport: Transport,
    /// `None` for plain text.
    pub(crate) tls: Option<TlsSettings>,
}

impl RedisConfig {
    /// Checks the configuration without a connection.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn check(&self) -> Result<(), ConfigError> {
        match Address::parse(self)?.tls {
            Some(tls) => Ok(tls.client_config().map(drop)?),
            None => Ok(()),
        }
    }

    /// Returns whether the URL names a cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        Address::parse(self).is_ok_and(|address| address.form.is_cluster())
    }
}

impl Address {
    pub(crate) fn parse(config: &RedisConfig) -> Result<Self, ConfigError> {
        let ParsedUrl { form, user, is_tls, verifies_name } = url::parse(&config.url)?;
        let protection = Protection { is_tls, allows_plain_text: config.allow_plain_text };
        let transports = form.addresses().iter().map(|address| protection.transport(address));
        let transports: Vec<_> = transports.collect::<Result<_, _>>()?;
        let weakest = transports.into_iter().max().unwrap_or(Transport::PlainText);
        let authorities = config.ca_file.as_deref().map(|path| TlsFile::new(path, CA_FILE));
        let (certificate, key) = (config.client_cert_file.as_deref(), config.client_key_file.as_deref());
        let client = client_files(certificate, key, CLIENT_FILES)?;
        let transport = match weakest {
            Transport::Local | Transport::PlainText => {
                let unused = [(authorities.is_some(), CA_FILE), (client.is_some(), CLIENT_FILES.0)];
                return match unused.into_iter().find(|(is_set, _)| *is_set) {
                    Some((_, setting)) => Err(ConfigError::NeedsTls(setting)),
                    None => Ok(Self { form, user, protection, transport: weakest, tls: None }),
                };
            }
            Transport::Tls | Transport::TlsWithAnyName if authorities.is_none() && !verifies_name => {
                Transport::TlsWithAnyName
            }
            Transport::Tls | Transport::TlsWithAnyName => Transport::Tls,
        };
        let tls = TlsSettings { authorities, ca_setting: CA_FILE, client, verifies_name };
        Ok(Self { form, user, protection, transport, tls: Some(tls) })
    }
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
        assert!(matches!(unused, Err(ConfigError::NeedsTls("REDIS__CA_FILE"))));
        for path in ["/no/such.pem", "/etc/hostname"] {
            let error = with("rediss://localhost", path).check().unwrap_err().to_string();
            assert!(error.starts_with("REDIS__CA_FILE: ") && error.contains(path), "{error}");
        }
    }

    // S-86
    #[test]
    fn verify_ca_compares_no_host_name() {
        let parsed = |url: &str, ca_file: Option<&str>| {
            let mut config = config(url);
            config.ca_file = ca_file.map(Into::into);
            let address = Address::parse(&config).unwrap();
            (address.transport, address.tls.unwrap().verifies_name)
        };
        let ca_file = Some("/ca.pem");
        assert_eq!(parsed("rediss://redis", ca_file), (Transport::Tls, true));
        assert_eq!(parsed("rediss://redis?sslmode=verify-full", None), (Transport::Tls, true));
        assert_eq!(parsed("rediss://redis?sslmode=verify-ca", ca_file), (Transport::Tls, false));
        assert_eq!(parsed("rediss://redis?sslmode=verify-ca", None), (Transport::TlsWithAnyName, false));
    }
}
