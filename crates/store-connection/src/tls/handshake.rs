//! TLS errors that come from wrong settings, so that a retry does not help.

use rustls::{AlertDescription, CertificateError, Error};

/// The names in messages.
#[derive(Clone, Copy, Debug)]
pub struct TlsNames {
    /// The server, such as `Redis`.
    pub server: &'static str,
    /// The setting with the URL.
    pub url: &'static str,
    /// The setting with the authorities.
    pub ca_file: &'static str,
    /// The setting with the certificate of the client.
    pub client_certificate: &'static str,
}

impl TlsNames {
    /// Returns the setting, the problem and the remedy if TLS rejects the server or the server rejects TLS. `None` if the
    /// handshake was interrupted: a retry may succeed.
    #[must_use]
    pub fn problem(&self, error: &Error) -> Option<String> {
        let Self { server, url, client_certificate, .. } = self;
        Some(match error {
            Error::InvalidCertificate(error) => self.certificate_problem(error),
            Error::AlertReceived(alert) if is_about_client(*alert) => format!(
                "{client_certificate}: {server} rejects the client certificate, or requires one; name the certificate and its key, \
                 signed by an authority that {server} trusts"
            ),
            Error::AlertReceived(_) | Error::PeerIncompatible(_) => format!(
                "{url}: {server} rejects the TLS connection; check which versions of TLS it accepts, and whether it requires a client \
                 certificate ({client_certificate})"
            ),
            Error::InvalidMessage(_) => {
                format!("{url}: the server does not speak TLS on this port; name its TLS port")
            }
            _ => return None,
        })
    }

    fn certificate_problem(&self, error: &CertificateError) -> String {
        let Self { server, url, ca_file, .. } = self;
        match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                "{ca_file}: the certificate of {server} is signed by none of these authorities; name the file with the certificate \
                 of its authority, or with its own certificate"
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
                "{url}: the certificate of {server} is for another host name; write a name that is in the certificate \
                 (subjectAltName), or sslmode=verify-ca, which does not compare names"
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!(
                "{url}: the certificate of {server} has expired; renew it on the server, and check the clock of this machine"
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
                "{url}: the certificate of {server} is not valid yet; check the clocks of this machine and of the server"
            ),
            _ => format!(
                "{ca_file}: the certificate of {server} cannot be verified; renew it on the server, or name the file with the \
                 certificate of its authority, or with its own certificate"
            ),
        }
    }
}

const fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
    )
}
