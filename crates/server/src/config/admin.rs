//! `admin`: the listener for operators and for the HookSentry platform.

use std::net::SocketAddr;

use auth_verifier::is_bearer_token;

use super::reader::Reader;
use super::secret::Secret;
use super::values;

/// `admin`
#[derive(Debug)]
pub(crate) struct AdminSettings {
    /// `None` if the listener is off.
    pub(crate) listen: Option<SocketAddr>,
    /// The bearer token of the HookSentry platform; without it, the platform cannot end sessions.
    pub(crate) secret: Option<Secret>,
}

impl AdminSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.read("admin.listen", |text| match text {
            "" => Ok(None),
            address => values::address(address)
                .map(Some)
                .map_err(|problem| format!("{problem}, or nothing to switch the listener off")),
        });
        if listen == Some(None) {
            reader.unused(
                &["admin.secret", "admin.secret_file"],
                "ADMIN__LISTEN is empty; remove it, or set ADMIN__LISTEN",
            );
        }
        let mut secret = reader.secret("admin.secret");
        if secret.as_ref().is_some_and(|secret| !is_bearer_token(secret.expose())) {
            reader.add_problem_of(
                "admin.secret",
                "it contains characters other than letters, digits and -._~+/=, so it cannot be sent as a bearer token; generate \
                 one with `openssl rand -hex 32`",
            );
            secret = None;
        }
        Some(Self { listen: listen?, secret })
    }
}
