//! The values of the keys of legacy refresh tokens.

use auth_domain::model::{LegacyHolder, SessionId};
use auth_domain::ports::PortError;

use crate::error::unexpected_reply;

/// Writes a holder as the legacy service did.
pub(super) fn text(holder: LegacyHolder) -> String {
    format!("{}|{}", holder.user_id, holder.tenant_id)
}

/// Reads `<user id>|<tenant id>`.
pub(super) fn holder(stored: &str) -> Result<LegacyHolder, PortError> {
    let holder = stored.split_once('|').and_then(|(user, tenant)| {
        Some(LegacyHolder { user_id: user.parse().ok()?, tenant_id: tenant.parse().ok()? })
    });
    holder.ok_or_else(|| unexpected_reply("a refresh token of the legacy service has no holder"))
}

/// Reads the session of a claim.
pub(super) fn claimed_session(claim: &str) -> Result<SessionId, PortError> {
    session_id(claim.split('|').next().unwrap_or_default())
}

pub(super) fn session_id(text: &str) -> Result<SessionId, PortError> {
    text.parse().map_err(|_| unexpected_reply("the claim on a legacy token has no session"))
}
