//! Certificates for servers with TLS.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// The files of a certificate authority and of a certificate for `localhost` that it signed.
#[derive(Debug)]
pub struct Certificates(TempDir);

impl Certificates {
    /// Creates new certificates.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates new certificates; the one for `localhost` has expired.
    #[must_use]
    pub fn expired() -> Self {
        Self::with(|leaf| {
            (leaf.not_before, leaf.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        })
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut root = CertificateParams::new([]).expect("no names");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(root, key()).expect("a certificate");
        let mut leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        change(&mut leaf);
        let leaf_key = key();
        let certificate = leaf.signed_by(&leaf_key, &authority).expect("a certificate");
        let files = [
            ("ca.pem", authority.pem()),
            ("server.pem", certificate.pem()),
            ("server.key", leaf_key.serialize_pem()),
        ];
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a writable folder");
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder of ours");
        fs::set_permissions(folder.path().join("server.key"), Permissions::from_mode(0o600)).expect("a file");
        Self(folder)
    }

    /// Returns the path of the certificate of the authority, for clients that verify the server.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }

    /// Returns the path of the certificate of the server.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.0.path().join("server.pem")
    }

    /// Returns the path of the private key of the server, which only its owner can read.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.0.path().join("server.key")
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
