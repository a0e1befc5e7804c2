//! Why there is no connection.

use std::error::Error;
use std::io;

use auth_domain::ports::PortError;
use rustls::{CertificateError, Error as TlsError};
use tokio_postgres::Error as ConnectError;
use tokio_postgres::error::{DbError, SqlState};

use super::inert;

pub(super) fn translate(error: &ConnectError) -> PortError {
    match error.as_db_error() {
        Some(rejection) => of_rejection(rejection),
        None => of_failure(error),
    }
}

/// The server answers, and does not want us.
fn of_rejection(rejection: &DbError) -> PortError {
    let text =
        format!("POSTGRES__URL: the database server refuses the connection: {}", inert(rejection.message()));
    let code = rejection.code();
    let is_hopeless = [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INVALID_CATALOG_NAME,
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INVALID_PARAMETER_VALUE,
    ]
    .contains(code);
    if is_hopeless { PortError::misconfigured(text) } else { PortError::unavailable(text) }
}

/// The driver tells the kinds apart by these texts alone.
fn of_failure(error: &ConnectError) -> PortError {
    let (what, why) = (error.to_string(), error.source());
    let reason = why.map(|why| format!(": {}", inert(&why.to_string()))).unwrap_or_default();
    let text = format!("no connection to the database: {what}{reason}");
    let advice = match what.as_str() {
        "error performing TLS handshake" => why.and_then(advice_on_tls),
        "authentication error" => {
            Some("POSTGRES__URL: the server demands a password or another authentication")
        }
        "invalid configuration" => Some("POSTGRES__URL: the driver rejects it"),
        _ => None,
    };
    match advice {
        Some(advice) => PortError::misconfigured(format!("{advice} ({text})")),
        None => PortError::unavailable(text),
    }
}

/// Returns what to do if TLS rejects the server or the server rejects TLS; `None` if the handshake was interrupted, since
/// a retry may succeed.
fn advice_on_tls(why: &(dyn Error + 'static)) -> Option<&'static str> {
    // The only source that is no I/O error: the server answers that it has no TLS.
    let Some(error) = why.downcast_ref::<io::Error>() else {
        return Some(
            "POSTGRES__URL: the server does not speak TLS; switch it on there (ssl = on), or write sslmode=disable where \
             plain text is allowed",
        );
    };
    let error = error.get_ref()?.downcast_ref::<TlsError>()?;
    match error {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            Some(
                "POSTGRES__CA_FILE: the certificate of the server is signed by none of these authorities; name the file with the \
             certificate of its authority",
            )
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Some(
            "POSTGRES__URL: the certificate of the server is for another host name; write a name that is in the certificate",
        ),
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            Some(
                "POSTGRES__URL: the certificate of the server has expired; renew it on the server, and see that the clock of \
                 this machine is right",
            )
        }
        TlsError::InvalidCertificate(_) => Some(
            "POSTGRES__CA_FILE: the certificate of the server cannot be verified; renew it on the server, or name the file \
             with the certificate of its authority",
        ),
        TlsError::AlertReceived(_) | TlsError::PeerIncompatible(_) | TlsError::InvalidMessage(_) => Some(
            "POSTGRES__URL: the server rejects the TLS connection; see whether it demands a client certificate or other \
             versions of TLS",
        ),
        _ => None,
    }
}
