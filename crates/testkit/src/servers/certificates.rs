//! Certificates for servers with TLS.

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use tempfile::TempDir;

/// The files of a certificate authority, and of certificates of a server and of a client that it signed. The server is
/// `localhost`.
#[derive(Debug)]
pub struct Certificates(TempDir);

impl Certificates {
    /// Creates new certificates.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates new certificates; the one of the server is also for the address 127.0.0.1, and servers accept it from each other.
    #[must_use]
    pub fn with_address() -> Self {
        Self::with(|leaf| {
            leaf.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
            // OpenSSL takes a certificate with the name of its authority for one that signs itself.
            leaf.distinguished_name = DistinguishedName::new();
            leaf.distinguished_name.push(DnType::CommonName, "localhost");
        })
    }

    /// Creates new certificates; the one for `localhost` has expired.
    #[must_use]
    pub fn expired() -> Self {
        Self::with(|leaf| {
            (leaf.not_before, leaf.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        })
    }

    /// Creates new certificates; the server's has no alternative name, and the common name `db.example.com`.
    #[must_use]
    pub fn without_name() -> Self {
        Self::with(|leaf| {
            leaf.subject_alt_names.clear();
            leaf.distinguished_name.push(DnType::CommonName, "db.example.com");
        })
    }

    /// Creates a server certificate that signs itself, as `openssl req -x509 -subj /CN=localhost` does: it may act as an authority,
    /// and has no alternative names. The authority is the certificate itself.
    #[must_use]
    pub fn self_signed() -> Self {
        Self::self_signed_with(|_| {})
    }

    /// Like [`self_signed`](Self::self_signed), and it has expired.
    #[must_use]
    pub fn expired_self_signed() -> Self {
        Self::self_signed_with(|params| {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        })
    }

    /// Creates a server certificate that signs itself, and that may not act as an authority.
    #[must_use]
    pub fn self_signed_end_entity() -> Self {
        Self::self_signed_with(|params| params.is_ca = IsCa::ExplicitNoCa)
    }

    fn self_signed_with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        change(&mut params);
        let key = key();
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self::written(&[
            ("ca.pem", certificate.clone()),
            ("server.pem", certificate),
            ("server.key", key.serialize_pem()),
        ])
    }

    /// Creates certificates that were signed with a certificate which may not act as an authority.
    #[must_use]
    pub fn signed_by_an_end_entity() -> Self {
        Self::signed_by(IsCa::ExplicitNoCa, |_| {})
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::signed_by(IsCa::Ca(BasicConstraints::Unconstrained), change)
    }

    fn signed_by(is_ca: IsCa, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut root = CertificateParams::new([]).expect("no names");
        root.is_ca = is_ca;
        let authority = CertifiedIssuer::self_signed(root, key()).expect("a certificate");
        let mut leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        change(&mut leaf);
        let leaf_key = key();
        let certificate = leaf.signed_by(&leaf_key, &authority).expect("a certificate");
        let mut client = CertificateParams::new([]).expect("no names");
        client.distinguished_name.push(DnType::CommonName, "hooksentry");
        let client_key = key();
        let client = client.signed_by(&client_key, &authority).expect("a certificate");
        Self::written(&[
            ("ca.pem", authority.pem()),
            ("server.pem", certificate.pem()),
            ("server.key", leaf_key.serialize_pem()),
            ("client.pem", client.pem()),
            ("client.key", client_key.serialize_pem()),
        ])
    }

    /// Replaces the files by those of `others`, as a renewal does. Their owners stay. A server uses them after its next start.
    pub fn replace_by(&self, others: &Self) {
        for entry in fs::read_dir(others.0.path()).expect("a folder of ours") {
            let entry = entry.expect("an entry");
            let text = fs::read(entry.path()).expect("a file");
            fs::write(self.0.path().join(entry.file_name()), text).expect("a file");
        }
    }

    fn written(files: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder of ours");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a writable folder");
            let mode = if name.contains("key") { 0o600 } else { 0o644 };
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a file");
        }
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

impl Certificates {
    /// Returns the path of the certificate of a client.
    #[must_use]
    pub fn client_certificate(&self) -> PathBuf {
        self.0.path().join("client.pem")
    }

    /// Returns the path of the private key of the client.
    #[must_use]
    pub fn client_key(&self) -> PathBuf {
        self.0.path().join("client.key")
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
