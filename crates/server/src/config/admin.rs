//! `admin`: the listener for those who run the service.

use std::net::SocketAddr;

use hooksentry_auth_guard::is_bearer_token;

use super::reader::{Reader, Secret};
use super::values;

/// The fewest bytes of the secret.
const MIN_SECRET: usize = 32;

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
        if secret.as_ref().is_some_and(|secret| !is_strong_enough(secret)) {
            reader.object_to(
                "admin.secret",
                &format!("it must be at least {MIN_SECRET} bytes, all of them letters, digits or -._~+/="),
            );
        }
        Some(Self { listen: listen?, secret })
    }
}

/// It has to fit into an `Authorization` header, too.
fn is_strong_enough(secret: &Secret) -> bool {
    secret.expose().len() >= MIN_SECRET && is_bearer_token(secret.expose())
}
