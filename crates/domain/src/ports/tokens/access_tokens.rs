//! Signing and verifying access tokens.

use thiserror::Error;
use time::OffsetDateTime;

use crate::model::{AccessClaims, AccessToken};
use crate::ports::PortError;

/// Signs claims and verifies signed tokens. Computes only; no call waits.
///
/// # Contract
/// - An issued token MUST verify to the same claims (`issued_token_verifies_to_its_claims`) and carry
///   every claim under its name (`issued_token_has_the_claims_of_the_platform`).
/// - Nothing but the configured algorithm, issuer and audience MUST verify, and no other spelling of
///   a valid token (`every_vector_is_judged_as_it_says`).
/// - Time MUST be judged by the `now` passed in, with a leeway of at most five seconds
///   (`expiry_is_judged_by_the_time_passed_in`).
/// - A token of another key MUST NOT verify, one of a previous key MUST
///   (`other_key_is_refused`, `previous_key_verifies`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs `claims`.
    ///
    /// # Errors
    /// [`Misconfigured`](crate::ports::PortErrorKind::Misconfigured) when the key cannot sign.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, PortError>;

    /// Judges what a caller presents.
    ///
    /// # Errors
    /// [`InvalidAccessToken`] names the first rule that the token breaks.
    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, InvalidAccessToken>;
}

/// Why a token was rejected; for logs, never for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAccessToken {
    /// Not three parts of canonical base64url, too long, or not the JSON that it should be.
    #[error("malformed")]
    Malformed,
    /// The header names another algorithm or key, or has members that are not accepted.
    #[error("header_refused")]
    HeaderRejected,
    /// The signature is not by any of our keys.
    #[error("signature_mismatch")]
    SignatureMismatch,
    /// A claim is missing, of the wrong type, or for another issuer or audience.
    #[error("claims_refused")]
    ClaimsRejected,
    /// Past its `exp`.
    #[error("expired")]
    Expired,
    /// Before its `nbf` or `iat`.
    #[error("not_yet_valid")]
    NotYetValid,
}
