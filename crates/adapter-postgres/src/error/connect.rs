//! Errors of connecting.

use std::error::Error;
use std::io;

use auth_domain::ports::PortError;
use auth_store_connection::TlsNames;
use rustls::Error as TlsError;
use tokio_postgres::Error as ConnectError;
use tokio_postgres::error::{DbError, SqlState};

use super::message::redacted;
use crate::config::{CA_FILE, CLIENT_FILES};

/// The last words of the messages of `PgBouncer` about wrong passwords, for which it has no code of its own either.
const WRONG_PASSWORD: &str = "authentication failed";
/// The first words of the message of `PgBouncer`, which has no code of its own for it.
const UNSUPPORTED_PARAMETER: &str = "unsupported startup parameter";

const NO_TLS: &str = "POSTGRES__URL: the server does not support TLS; enable it there (ssl = on), or write sslmode=disable if plain text is \
                      allowed";
const NO_PASSWORD: &str = "POSTGRES__URL: the server requires a password or another kind of authentication; add the password to the URL";

const NAMES: TlsNames = TlsNames {
    server: "the server",
    url: "POSTGRES__URL",
    ca_file: CA_FILE,
    client_certificate: CLIENT_FILES.0,
};

pub(super) fn translate(error: &ConnectError) -> PortError {
    match error.as_db_error() {
        Some(error) => rejected(error),
        None => failed(error),
    }
}

/// The server answered with an error.
fn rejected(error: &DbError) -> PortError {
    if error.message().starts_with(UNSUPPORTED_PARAMETER) {
        return PortError::misconfigured(format!(
            "POSTGRES__URL: the pooler before the database rejects a parameter of the URL ({}); remove it from the URL, or add \
             it to ignore_startup_parameters of PgBouncer. If its pool_mode is transaction, set POSTGRES__POOLER to transaction",
            redacted(error.message())
        ));
    }
    let text =
        format!("POSTGRES__URL: the database server rejects the connection: {}", redacted(error.message()));
    let is_permanent = error.message().ends_with(WRONG_PASSWORD)
        || [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            SqlState::INVALID_CATALOG_NAME,
            SqlState::INSUFFICIENT_PRIVILEGE,
            SqlState::UNDEFINED_OBJECT,
            SqlState::INVALID_PARAMETER_VALUE,
        ]
        .contains(error.code());
    if is_permanent { PortError::misconfigured(text) } else { PortError::unavailable(text) }
}

/// The server did not answer, or TLS failed. The driver has no public kind of error, only these texts.
fn failed(error: &ConnectError) -> PortError {
    let (text, source) = (error.to_string(), error.source());
    let cause = source.map(|source| format!(": {}", redacted(&source.to_string()))).unwrap_or_default();
    let remedy = match text.as_str() {
        "error performing TLS handshake" => source.and_then(tls_remedy),
        "authentication error" => Some(NO_PASSWORD.to_owned()),
        "invalid configuration" => Some("POSTGRES__URL: the driver rejects the URL".to_owned()),
        _ => None,
    };
    let text = format!("cannot connect to the database: {text}{cause}");
    match remedy {
        Some(remedy) => PortError::misconfigured(format!("{remedy} ({text})")),
        None => PortError::unavailable(text),
    }
}

/// Returns problem and remedy if TLS rejects the server or the server rejects TLS. `None` if the handshake was
/// interrupted: a retry may succeed.
fn tls_remedy(source: &(dyn Error + 'static)) -> Option<String> {
    // The only source that is no I/O error means that the server has no TLS.
    let Some(error) = source.downcast_ref::<io::Error>() else {
        return Some(NO_TLS.to_owned());
    };
    NAMES.problem(error.get_ref()?.downcast_ref::<TlsError>()?)
}
