//! The verification of the certificate of a server.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::own_certificate;

/// Accepts a certificate that an authority has signed, and one that is itself in the file of authorities.
///
/// A server certificate that signs itself is both. webpki rejects it, because it may act as an authority.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    pub(super) roots: RootCertStore,
    /// The certificates of the file of authorities.
    pub(super) trusted: Vec<CertificateDer<'static>>,
    /// Whether the certificate must be for the name of the host.
    pub(super) verifies_name: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let is_trusted = self.trusted.iter().any(|trusted| trusted == end_entity);
        if is_trusted {
            own_certificate::verify_dates(end_entity, now)?;
        } else {
            let all = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, all)?;
        }
        if self.verifies_name {
            match verify_server_name(&certificate, server_name) {
                Err(_) if is_trusted && own_certificate::has_common_name(end_entity, server_name) => {}
                outcome => outcome?,
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
