//! Tokens whose signature and claims were verified before.

use auth_domain::model::AccessClaims;
use auth_domain::ports::InvalidAccessToken;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

/// The most tokens that are remembered. With long emails they take about 4 MiB.
const CAPACITY: usize = 8_192;

/// The tokens that were verified last, by the SHA-256 digest of their text.
///
/// A client sends the same token until it expires. Of a known token, only the times are checked again. Only tokens with a valid
/// signature are added, so an attacker cannot fill the cache with others, and cannot find another text with a known digest.
pub(crate) struct VerifiedTokens(Cache<TokenDigest, Verified>);

/// The digest of the text of a token.
pub(crate) type TokenDigest = [u8; 32];

/// What a verified token claims.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: AccessClaims,
    pub(crate) validity: Validity,
}

/// When a token is valid, in whole Unix seconds.
#[derive(Clone, Copy)]
pub(crate) struct Validity {
    /// The later one of `nbf` and `iat`; 0 without them.
    pub(crate) from: u64,
    /// `exp`
    pub(crate) until: u64,
}

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    pub(crate) fn digest(token: &str) -> TokenDigest {
        Sha256::digest(token).into()
    }

    pub(crate) fn get(&self, digest: &TokenDigest) -> Option<Verified> {
        self.0.get(digest)
    }

    pub(crate) fn add(&self, digest: TokenDigest, verified: Verified) {
        self.0.insert(digest, verified);
    }
}

impl Validity {
    /// Checks the times against `now` in Unix seconds, with `leeway` for the clocks of other issuers.
    pub(crate) fn check(self, now: u64, leeway: u64) -> Result<(), InvalidAccessToken> {
        if now >= self.until.saturating_add(leeway) {
            return Err(InvalidAccessToken::Expired);
        }
        if self.from > now.saturating_add(leeway) {
            return Err(InvalidAccessToken::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::model::{Email, Role, TenantId, TokenId, UserId};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_number_of_known_tokens_is_bounded() {
        let tokens = VerifiedTokens::new();
        for number in 0..4 * CAPACITY {
            let claims = AccessClaims {
                token_id: TokenId::from_uuid(Uuid::from_u128(1)),
                user_id: UserId::from_uuid(Uuid::from_u128(2)),
                tenant_id: TenantId::from_uuid(Uuid::from_u128(3)),
                email: Email::parse("owner@example.com").unwrap(),
                role: Role::Owner,
                session_id: None,
                issued_at: None,
                expires_at: OffsetDateTime::UNIX_EPOCH,
            };
            let verified = Verified { claims, validity: Validity { from: 0, until: 1 } };
            tokens.add(VerifiedTokens::digest(&number.to_string()), verified);
        }
        assert!((1..=CAPACITY).contains(&tokens.0.len()), "{}", tokens.0.len());
    }
}
