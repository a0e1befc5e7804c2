//! `admin`: the listener for those who run the service.

use std::net::SocketAddr;

use auth_verifier::is_bearer_token;

use super::reader::Reader;
use super::secrets::Secret;
use super::values;

/// `admin`.
#[derive(Debug)]
pub(crate) struct AdminSettings {
    /// `None` where it is switched off.
    pub(crate) listen: Option<SocketAddr>,
    /// What the platform proves itself by; `None` where it has no way to end sessions.
    pub(crate) secret: Option<Secret>,
}

impl AdminSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.read("admin.listen", |text| match text {
            "" => Ok(None),
            address => values::address(address).map(Some),
        });
        let secret = match listen {
            Some(None) => reader.unused_secret("admin.secret", "ADMIN__LISTEN is empty"),
            Some(Some(_)) | None => reader.secret("admin.secret"),
        };
        if secret.as_ref().is_some_and(|secret| !is_bearer_token(secret.expose())) {
            reader.object_to(
                "admin.secret",
                "it has other characters than letters, digits or -._~+/=, so it cannot be sent as a bearer token; make one \
                 with `openssl rand -hex 32`",
            );
        }
        Some(Self { listen: listen?, secret })
    }
}
