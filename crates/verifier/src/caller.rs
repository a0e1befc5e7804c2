//! Who sent a request.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use auth_domain::model::{AccessClaims, Email, Role, SessionId, TenantId, TokenId, UserId};
use time::OffsetDateTime;

use crate::{AuthError, TokenVerifier};

/// Who sent a request, as the verified access token says: everything here is from its claims, nothing from the body.
///
/// As an argument of a handler it answers 401 or 503 in the handler's place, where the bearer is not valid or cannot be
/// verified. `Debug` does not show the email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// The user's email at the time when the token was issued.
    pub email: Email,
    /// What the user may do; a change of it reaches here with the next refresh.
    pub role: Role,
    /// The session; `None` in a token of the platform's former issuer.
    pub session_id: Option<SessionId>,
    /// The access token itself, by its `jti`.
    pub token_id: TokenId,
    /// When the token expires.
    pub expires_at: OffsetDateTime,
}

impl From<AccessClaims> for Caller {
    fn from(claims: AccessClaims) -> Self {
        Self {
            user_id: claims.user_id,
            tenant_id: claims.tenant_id,
            email: claims.email,
            role: claims.role,
            session_id: claims.session_id,
            token_id: claims.token_id,
            expires_at: claims.expires_at,
        }
    }
}

impl FromRequest for Caller {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AuthError>>>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { TokenVerifier::of(&request)?.caller(&request).await })
    }
}
