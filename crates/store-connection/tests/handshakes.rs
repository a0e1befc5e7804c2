//! Handshakes between a client with the settings of this crate, and a server of rustls, without sockets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use auth_store_connection::{TlsError, TlsFile, TlsSettings, client_files};
use auth_testkit::servers::Certificates;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConnection, Error, ServerConfig, ServerConnection};

/// Presents one certificate, whether or not the key belongs to it.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesServerCert for Presents {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn server(certificate: &Path, key: &Path) -> ServerConnection {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let presents = Presents(Arc::new(CertifiedKey::new(vec![certificate], key)));
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.unwrap().with_no_client_auth().with_cert_resolver(Arc::new(presents));
    ServerConnection::new(Arc::new(config)).unwrap()
}

fn settings(ca_file: &Path, verifies_name: bool) -> TlsSettings {
    let authorities = Some(TlsFile::new(ca_file, "CA_FILE"));
    TlsSettings { authorities, ca_setting: "CA_FILE", client: None, verifies_name }
}

/// Returns the error of the client, if it rejects the server.
fn handshake(settings: &TlsSettings, host: &str, mut server: ServerConnection) -> Result<(), Error> {
    let config = Arc::new(settings.client_config().unwrap());
    let mut client = ClientConnection::new(config, ServerName::try_from(host.to_owned()).unwrap()).unwrap();
    for _ in 0..10 {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        client.write_tls(&mut to_server).unwrap();
        server.read_tls(&mut to_server.as_slice()).unwrap();
        // An alert of the client is an error of the server, and the client has the reason.
        let _ = server.process_new_packets();
        server.write_tls(&mut to_client).unwrap();
        client.read_tls(&mut to_client.as_slice()).unwrap();
        client.process_new_packets()?;
        if !client.is_handshaking() && !server.is_handshaking() {
            return Ok(());
        }
    }
    panic!("the handshake does not end")
}

fn presented(certificates: &Certificates) -> ServerConnection {
    server(&certificates.certificate(), &certificates.key())
}

fn reason(outcome: Result<(), Error>) -> CertificateError {
    match outcome {
        Err(Error::InvalidCertificate(error)) => error,
        other => panic!("{other:?}"),
    }
}

// S-86
#[test]
fn own_certificate_of_a_server_is_trusted_if_it_is_in_the_file() {
    let (own, other) = (Certificates::self_signed(), Certificates::self_signed());
    let trusting = settings(&own.authority(), true);
    handshake(&trusting, "localhost", presented(&own)).unwrap();
    let stranger = reason(handshake(&trusting, "localhost", presented(&other)));
    assert!(matches!(stranger, CertificateError::Other(_)), "{stranger:?}");
}

// S-86
#[test]
fn own_certificate_of_a_server_does_not_sign_others() {
    let own = Certificates::self_signed_end_entity();
    handshake(&settings(&own.authority(), true), "localhost", presented(&own)).unwrap();
    let signed = Certificates::signed_by_an_end_entity();
    for verifies_name in [true, false] {
        let trusting = settings(&signed.authority(), verifies_name);
        assert_eq!(
            reason(handshake(&trusting, "localhost", presented(&signed))),
            CertificateError::UnknownIssuer
        );
    }
}

// S-86
#[test]
fn own_certificate_with_another_key_is_rejected() {
    let (own, thief) = (Certificates::self_signed(), Certificates::self_signed());
    for verifies_name in [true, false] {
        let trusting = settings(&own.authority(), verifies_name);
        let stolen = server(&own.certificate(), &thief.key());
        assert_eq!(reason(handshake(&trusting, "localhost", stolen)), CertificateError::BadSignature);
    }
}

// S-86
#[test]
fn own_certificate_is_rejected_for_its_name_and_dates() {
    let own = Certificates::self_signed();
    let misnamed = handshake(&settings(&own.authority(), true), "db.example.com", presented(&own));
    assert!(matches!(reason(misnamed), CertificateError::NotValidForNameContext { .. }));
    handshake(&settings(&own.authority(), false), "db.example.com", presented(&own)).unwrap();

    let expired = Certificates::expired_self_signed();
    for verifies_name in [true, false] {
        let trusting = settings(&expired.authority(), verifies_name);
        let outcome = handshake(&trusting, "localhost", presented(&expired));
        assert_eq!(reason(outcome), CertificateError::Expired);
    }
}

// S-86
#[test]
fn verify_ca_accepts_each_name_and_no_other_authority() {
    let (certificates, stranger) = (Certificates::without_name(), Certificates::new());
    let by_name =
        handshake(&settings(&certificates.authority(), true), "db.example.com", presented(&certificates));
    assert!(matches!(reason(by_name), CertificateError::NotValidForNameContext { .. }));
    handshake(&settings(&certificates.authority(), false), "10.0.0.1", presented(&certificates)).unwrap();
    let foreign = handshake(&settings(&stranger.authority(), false), "localhost", presented(&certificates));
    reason(foreign);
    let expired = Certificates::expired();
    let outcome = handshake(&settings(&expired.authority(), false), "localhost", presented(&expired));
    assert!(matches!(reason(outcome), CertificateError::ExpiredContext { .. }));
}

// S-95
#[test]
fn unusable_files_are_rejected_by_the_name_of_the_setting() {
    let (certificates, other) = (Certificates::new(), Certificates::new());
    let problem = |certificate: &Path, key: &Path| {
        let client = client_files(Some(certificate), Some(key), ("CERT", "KEY")).unwrap();
        let settings = TlsSettings { client, ..settings(&certificates.authority(), true) };
        settings.client_config().err().map(|error| error.to_string())
    };
    let (certificate, key) = (certificates.client_certificate(), certificates.client_key());
    assert_eq!(problem(&certificate, &key), None);
    for (certificate, key, beginning) in [
        (&*certificate, &*other.client_key(), "KEY: the key does not belong"),
        (&key, &*key, "CERT: "),
        (&certificate, &*certificate, "KEY: "),
        (Path::new("/no/such"), &key, "CERT: cannot read /no/such"),
    ] {
        let problem = problem(certificate, key).unwrap();
        assert!(problem.starts_with(beginning) && problem.contains(';'), "{problem}");
    }
    let half = client_files(None, Some(&key), ("CERT", "KEY"));
    assert!(matches!(half, Err(TlsError::HalfOfClient("KEY", "CERT"))));
    let no_authority = settings(&key, true).client_config().err().map(|error| error.to_string());
    assert!(no_authority.is_some_and(|text| text.starts_with("CA_FILE: ")));
}
