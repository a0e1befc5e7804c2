//! Origins of pages (RFC 6454).

use url::Url;

/// The reason why a text is not an origin as browsers send it in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidOrigin {
    /// It contains a separator that stands between origins in other settings.
    Separator,
    /// It is not an origin with the scheme `http` or `https`, or has a wildcard.
    NotAnOrigin,
    /// Browsers send this text instead.
    NotCanonical(String),
}

/// Checks that a text is an origin, exactly as browsers send it.
///
/// # Errors
/// [`InvalidOrigin`] with the first problem.
pub fn check_origin(text: &str) -> Result<(), InvalidOrigin> {
    if text.contains([',', ';', ' ']) {
        return Err(InvalidOrigin::Separator);
    }
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let url = url.filter(|_| !text.contains('*')).ok_or(InvalidOrigin::NotAnOrigin)?;
    let exact = url.origin().ascii_serialization();
    if exact == text { Ok(()) } else { Err(InvalidOrigin::NotCanonical(exact)) }
}
