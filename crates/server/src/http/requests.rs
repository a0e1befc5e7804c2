//! Request bodies. Each type is read with serde, described in the OpenAPI document, and converted into types of the domain.

mod faults;

use auth_domain::model::{Email, Password, PresentedRefreshToken};
use auth_strict_json::Member;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::ApiError;
use faults::Faults;

#[cfg(test)]
mod tests;

/// The longest refresh token that is parsed, in bytes. Every longer text is a 400.
const MAX_REFRESH_TOKEN: usize = 512;

/// The body of a login.
#[derive(Deserialize, ToSchema)]
pub(super) struct LoginRequest {
    /// At most 255 characters, after it was trimmed and lower-cased. Valid as the HTML standard defines it for
    /// `<input type=email>`.
    #[serde(default)]
    #[schema(
        value_type = String,
        required = true,
        max_length = 255,
        pattern = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
        example = "user@example.com"
    )]
    email: Member,
    /// 1 to 1024 bytes in UTF-8, never trimmed, not only white space.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 1, max_length = 1024, pattern = r"\S")]
    password: Member,
}

impl LoginRequest {
    /// Returns the credentials.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every field at fault.
    pub(super) fn parse(self) -> Result<(Email, Password), ApiError> {
        let mut faults = Faults::default();
        let email = faults.text("email", self.email).and_then(|text| faults.valid(Email::parse(&text)));
        let password = faults.text("password", self.password);
        let password = password.and_then(|text| faults.valid(Password::parse(text.to_string())));
        faults.check(email.zip(password))
    }
}

/// The body of a refresh.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefreshRequest {
    /// A refresh token of a login or of an earlier refresh; at most 512 bytes in UTF-8.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 512, pattern = r"\S")]
    refresh_token: Member,
}

/// The body of a logout.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogoutRequest {
    /// A refresh token of the session to end; at most 512 bytes in UTF-8.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 512, pattern = r"\S")]
    refresh_token: Member,
}

impl RefreshRequest {
    /// Returns the refresh token; `None` for a text that is none.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] if there is none.
    pub(super) fn parse(self) -> Result<Option<PresentedRefreshToken>, ApiError> {
        refresh_token(self.refresh_token)
    }
}

impl LogoutRequest {
    /// Returns the refresh token; `None` for a text that is none.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] if there is none.
    pub(super) fn parse(self) -> Result<Option<PresentedRefreshToken>, ApiError> {
        refresh_token(self.refresh_token)
    }
}

/// Accepts every text that could be a refresh token; whether it is one is decided by the use case.
fn refresh_token(member: Member) -> Result<Option<PresentedRefreshToken>, ApiError> {
    let mut faults = Faults::default();
    let text = faults.text("refreshToken", member);
    let text = text.and_then(|text| faults.at_most("refreshToken", MAX_REFRESH_TOKEN, text));
    faults.check(text.map(|text| PresentedRefreshToken::parse(&text)))
}
