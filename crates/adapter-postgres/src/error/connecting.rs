//! Why there is no connection.

use std::error::Error;
use std::io;

use auth_domain::ports::PortError;
use tokio_postgres::Error as ConnectError;
use tokio_postgres::error::{DbError, SqlState};

use super::inert;

pub(super) fn translate(error: &ConnectError) -> PortError {
    match error.as_db_error() {
        Some(refusal) => of_refusal(refusal),
        None => of_failure(error),
    }
}

/// The server answers, and does not want us.
fn of_refusal(refusal: &DbError) -> PortError {
    let text = format!("the database server refuses the connection: {}", inert(refusal.message()));
    let code = refusal.code();
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
    let is_hopeless = match what.as_str() {
        "error performing TLS handshake" => why.is_none_or(is_final),
        "authentication error" | "invalid configuration" => true,
        _ => false,
    };
    if is_hopeless { PortError::misconfigured(text) } else { PortError::unavailable(text) }
}

/// A handshake that broke off may go better next time; a certificate that is not trusted will not.
fn is_final(why: &(dyn Error + 'static)) -> bool {
    why.downcast_ref::<io::Error>().is_none_or(|error| error.kind() == io::ErrorKind::InvalidData)
}
