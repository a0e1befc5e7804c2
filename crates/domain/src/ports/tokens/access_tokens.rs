//! Access tokens.

use thiserror::Error;
use time::OffsetDateTime;

use crate::model::{AccessClaims, AccessToken};
use crate::ports::PortError;

/// Signs and verifies access tokens. It only computes; no call waits.
///
/// # Contract
/// - An issued token MUST verify to the same claims (`issued_token_verifies_to_its_claims`) and MUST have every claim under
///   its name (`issued_token_has_the_claims_of_the_platform`).
/// - A token with another algorithm, issuer or audience MUST NOT verify, nor another spelling of a valid token
///   (`every_vector_has_its_expected_outcome`).
/// - Expiry MUST be judged by `now`, with a leeway of at most five seconds (`expiry_is_checked_at_the_time_passed_in`).
/// - A token that was signed with another key MUST NOT verify, and one of a previous key MUST (`other_key_is_rejected`,
///   `previous_key_verifies`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs `claims`.
    ///
    /// # Errors
    /// [`Misconfigured`](crate::ports::PortErrorKind::Misconfigured) if the key cannot sign.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, PortError>;

    /// Verifies a token and returns its claims.
    ///
    /// # Parameters
    /// - `token`: the text that a client presents.
    /// - `now`: the time by which expiry is judged.
    ///
    /// # Errors
    /// [`InvalidAccessToken`] with the first rule that the token breaks.
    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, InvalidAccessToken>;
}

/// The reason why a token is rejected, for logs. The client does not get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAccessToken {
    /// It is too long, or not three parts of canonical base64url with the expected JSON.
    #[error("malformed")]
    Malformed,
    /// The header has another algorithm or key, or members that are not accepted.
    #[error("header_rejected")]
    HeaderRejected,
    /// The signature is not by any of the keys.
    #[error("signature_mismatch")]
    SignatureMismatch,
    /// A claim is missing or has another type, or the issuer or audience is another one.
    #[error("claims_rejected")]
    ClaimsRejected,
    /// It is past its `exp`.
    #[error("expired")]
    Expired,
    /// It is before its `nbf` or `iat`.
    #[error("not_yet_valid")]
    NotYetValid,
}
