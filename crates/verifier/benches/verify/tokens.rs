//! Access tokens and their ids.

use std::time::Duration;

use auth_adapter_jwt::{JwtAccessTokens, SigningKey};
use auth_domain::model::{AccessClaims, Email, Role, SessionId, TenantId, TokenId, UserId};
use auth_domain::ports::{AccessTokens, Clock};
use auth_verifier::SystemClock;
use uuid::Uuid;

pub(crate) const KEY: &str = "bench-key-Q6tWv1yZb4nRj9sXk2pLf7hGd0mCe3Au";
/// The first number of valid tokens. None of them is revoked.
pub(crate) const VALID: usize = 1 << 40;
/// The lifetime of tokens and denylist entries, longer than a run.
pub(crate) const TTL: Duration = Duration::from_hours(1);

pub(crate) fn key() -> SigningKey {
    SigningKey::new(KEY.to_owned()).unwrap()
}

pub(crate) fn issue(jwt: &JwtAccessTokens, number: usize) -> String {
    let issued_at = SystemClock.now().replace_nanosecond(0).unwrap();
    let claims = AccessClaims {
        token_id: id(number),
        user_id: UserId::from_uuid(id(number + VALID / 4).as_uuid()),
        tenant_id: TenantId::from_uuid(id(VALID - 1).as_uuid()),
        email: Email::parse(&format!("user{number}@example.com")).unwrap(),
        role: Role::Admin,
        session_id: Some(SessionId::from_uuid(id(number + VALID / 2).as_uuid())),
        issued_at: Some(issued_at),
        expires_at: issued_at + TTL,
    };
    jwt.issue(&claims).unwrap().expose().to_owned()
}

/// Returns the id of a token by number. Ids are as scattered as random ones.
pub(crate) fn id(number: usize) -> TokenId {
    let mixed = (number as u128 + 1).wrapping_mul(0x2d35_8dcc_aa6c_78a5_8bb8_4b93_962e_acc9);
    let mixed = (mixed ^ (mixed >> 64)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    TokenId::from_uuid(Uuid::from_u128(mixed ^ (mixed >> 64)))
}
