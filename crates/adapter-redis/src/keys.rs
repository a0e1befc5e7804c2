//! The names of keys. The keys of one user have the user id as hash tag, so that they share a slot of a cluster.
//!
//! A name consists of fixed text and of ids, digests or checked tokens, so no string that a user sends can name a key of
//! another type.

use auth_domain::model::{LegacyRefreshToken, LimitKey, RefreshTokenDigest, SessionRef, TokenId, UserId};

/// The common prefix of the session records of a user.
pub(crate) fn session_prefix(user: UserId) -> String {
    format!("auth:session:{{{user}}}:")
}

/// The record of one session.
pub(crate) fn session(session: SessionRef) -> String {
    format!("auth:session:{{{}}}:{}", session.user_id, session.session_id)
}

/// The sorted set of the session ids of a user.
pub(crate) fn sessions(user: UserId) -> String {
    format!("auth:sessions:{{{user}}}")
}

/// The common prefix of the refresh tokens of a user.
pub(crate) fn refresh_prefix(user: UserId) -> String {
    format!("auth:refresh:{{{user}}}:")
}

/// The last minute with refreshes of a user.
pub(crate) fn refreshes(user: UserId) -> String {
    format!("auth:refreshes:{{{user}}}")
}

/// A live refresh token.
pub(crate) fn refresh(token: &RefreshTokenDigest) -> String {
    format!("auth:refresh:{{{}}}:{}", token.session.user_id, hex(&token.value))
}

/// The key that readiness writes, to check that the server accepts writes.
pub(crate) const READINESS: &str = "auth:readiness";

/// The key that readiness writes on a node of a cluster: some `number` maps to a slot of the node.
pub(crate) fn readiness_on_node(number: u16) -> String {
    format!("{READINESS}:{number}")
}

/// The common prefix of the denylist entries. Every endpoint of the HookSentry platform uses these names.
pub(crate) const REVOKED: &str = "auth:jwt:revoked:";

/// The denylist entry of an access token.
pub(crate) fn revoked(token: TokenId) -> String {
    format!("{REVOKED}{token}")
}

/// Returns the access token of a denylist entry. `None` for another spelling than that of [`revoked`]: no token with such
/// an id is accepted.
pub(crate) fn revoked_token(key: &[u8]) -> Option<TokenId> {
    TokenId::from_canonical(std::str::from_utf8(key.strip_prefix(REVOKED.as_bytes())?).ok()?)
}

/// A refresh token of the legacy service, under its own name.
pub(crate) fn legacy_refresh(token: &LegacyRefreshToken) -> String {
    format!("auth:refresh:{}", token.expose())
}

/// What a legacy refresh token of a user was exchanged for. Without the token, the name opens nothing.
pub(crate) fn legacy_successor(token: &LegacyRefreshToken, user: UserId) -> String {
    format!("auth:legacy-successor:{{{user}}}:{}", hex(&token.digest()))
}

/// The holder of a legacy refresh token that was consumed or ended.
pub(crate) fn legacy_holder(token: &LegacyRefreshToken) -> String {
    format!("auth:legacy-holder:{}", hex(&token.digest()))
}

/// The mark that rejects the legacy refresh tokens of a user.
pub(crate) fn legacy_rejected(user: UserId) -> String {
    format!("auth:legacy-refused:{{{user}}}")
}

/// The login attempts on an email from addresses that are not known for it.
pub(crate) fn email_attempts(email: LimitKey) -> String {
    format!("auth:login-failures:{{login}}:email:{}", hex(email.as_bytes()))
}

/// The common prefix of the login attempts on an email from a known address.
pub(crate) const PAIR_ATTEMPTS: &str = "auth:login-failures:{login}:pair:";

/// The login attempts on an email from a known address.
pub(crate) fn pair_attempts(pair: LimitKey) -> String {
    format!("{PAIR_ATTEMPTS}{}", hex(pair.as_bytes()))
}

/// The login attempts from an address.
pub(crate) fn address_attempts(address: LimitKey) -> String {
    format!("auth:login-failures:{{login}}:address:{}", hex(address.as_bytes()))
}

/// The login attempts from a /48 network of IPv6 addresses.
pub(crate) fn network_attempts(network: LimitKey) -> String {
    format!("auth:login-failures:{{login}}:network:{}", hex(network.as_bytes()))
}

/// The index of the daily counts, by the time of the last attempt.
pub(crate) const DAILY_COUNTS: &str = "auth:login-daily:{login}";

/// The daily count of an email.
pub(crate) fn daily_count(email: LimitKey) -> String {
    format!("{DAILY_COUNTS}:{}", hex(email.as_bytes()))
}

/// The known addresses of an email, by the time of the last success.
pub(crate) fn known_addresses(email: LimitKey) -> String {
    format!("auth:known:{{login}}:{}", hex(email.as_bytes()))
}

/// The emails that succeeded from an address, by the time of the last success.
pub(crate) fn known_emails(address: LimitKey) -> String {
    format!("auth:known-emails:{{login}}:{}", hex(address.as_bytes()))
}

/// Writes bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use auth_domain::model::SessionId;

    use super::*;

    // S-67
    #[test]
    fn key_names_are_those_of_the_platform_and_of_the_layout() {
        let user: UserId = "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap();
        let id: SessionId = "6fa459ea-ee8a-4ca4-894e-db77e160355e".parse().unwrap();
        let named = SessionRef { user_id: user, session_id: id };
        assert_eq!(session(named), format!("auth:session:{{{user}}}:{id}"));
        assert_eq!(session(named), session_prefix(user) + &id.to_string());
        let token = RefreshTokenDigest { session: named, value: [0xab; 32] };
        assert_eq!(refresh(&token), refresh_prefix(user) + &"ab".repeat(32));
        let token: TokenId = "a8098c1a-f86e-41da-bd1a-00112444be1e".parse().unwrap();
        assert_eq!(revoked(token), "auth:jwt:revoked:a8098c1a-f86e-41da-bd1a-00112444be1e");
        assert_eq!(revoked_token(revoked(token).as_bytes()), Some(token));
        for other in
            ["auth:jwt:revoked:A8098C1A-F86E-41DA-BD1A-00112444BE1E", "auth:jwt:revoked:", "auth:jwt:x"]
        {
            assert_eq!(revoked_token(other.as_bytes()), None, "{other}");
        }
        let legacy = LegacyRefreshToken::parse(&"A".repeat(43)).unwrap();
        assert_eq!(legacy_refresh(&legacy), format!("auth:refresh:{}", "A".repeat(43)));
        let digest = "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a";
        assert_eq!(legacy_holder(&legacy), format!("auth:legacy-holder:{digest}"));
        assert_eq!(legacy_successor(&legacy, user), format!("auth:legacy-successor:{{{user}}}:{digest}"));
    }

    #[test]
    fn hex_has_two_digits_for_every_byte() {
        assert_eq!(hex(&[0, 9, 0x0a, 0xff]), "00090aff");
    }
}
