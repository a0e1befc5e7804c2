//! The options of a set of Redis servers.

use std::time::Duration;

use crate::servers::Certificates;

/// The user of the servers, and its password, in a set with users.
pub(super) const USER: (&str, &str) = ("hooksentry", "9f2c61d07be84a35");
/// The user of the sentinels, and its password, in a set with users.
pub(super) const SENTINEL_USER: (&str, &str) = ("watcher", "d4870a9be5f21c36");
/// The password of the default user, which the servers and the sentinels use among themselves.
const INTERNAL: &str = "51ee07c2a98d4fb6";

/// How a set is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetOptions<'a> {
    /// All connections use TLS, with these certificates, which must contain the address 127.0.0.1
    /// ([`Certificates::with_address`]).
    pub certificates: Option<&'a Certificates>,
    /// The servers and the sentinels have ACL users, and the default users have passwords.
    pub users: bool,
    /// The time after which a server that does not answer counts as dead; by default a second for Sentinel, two for a cluster.
    /// Sentinel needs two seconds with TLS, because it connects to a new primary for about one.
    pub dead_after: Option<Duration>,
    /// Lines of the configuration of each server, such as `min-replicas-to-write 1`.
    pub lines: &'a [&'a str],
}

impl SetOptions<'_> {
    /// The options of a set whose processes are neither killed nor frozen. It keeps its primaries on a machine under load.
    pub(super) fn calm() -> Self {
        Self { dead_after: Some(Duration::from_secs(15)), ..Self::default() }
    }

    /// The time after which a server counts as dead, in milliseconds.
    pub(super) fn dead_after(&self, usual: Duration) -> u128 {
        self.dead_after.unwrap_or(usual).as_millis()
    }

    /// The scheme of a URL with or without TLS.
    pub(super) fn scheme(&self, form: &str) -> String {
        format!("{}-{form}", if self.certificates.is_some() { "rediss" } else { "redis" })
    }

    /// The user and the password of a URL.
    pub(super) fn credentials(&self) -> String {
        if self.users { format!("{}:{}@", USER.0, USER.1) } else { String::new() }
    }

    /// The password of the default user.
    pub(super) fn password(&self) -> Option<&'static str> {
        self.users.then_some(INTERNAL)
    }

    /// Lines of a configuration for `user`.
    pub(super) fn access(&self, user: (&str, &str)) -> String {
        if !self.users {
            return String::new();
        }
        format!("requirepass {INTERNAL}\nuser {} on >{} ~* &* +@all\n", user.0, user.1)
    }

    /// Lines of a configuration with these certificates, and this port.
    pub(super) fn tls(&self, port: Option<u16>) -> String {
        let (Some(certificates), Some(port)) = (self.certificates, port) else { return String::new() };
        let (certificate, key) = (certificates.certificate(), certificates.key());
        format!(
            "tls-port {port}\ntls-replication yes\ntls-auth-clients no\ntls-cert-file {}\ntls-key-file {}\n\
             tls-ca-cert-file {}\n",
            certificate.display(),
            key.display(),
            certificates.authority().display()
        )
    }
}
