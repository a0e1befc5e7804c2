//! Refresh tokens of this service and of the legacy service.

use auth_domain::model::{LegacyRefreshToken, PresentedRefreshToken, RefreshToken};

/// An accepted token has one text, and a change of a character makes it another token or none.
pub(crate) fn refresh_token(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let (token, legacy) = (RefreshToken::parse(text), LegacyRefreshToken::parse(text));
    match PresentedRefreshToken::parse(text) {
        Some(PresentedRefreshToken::Current(own)) => {
            assert!(token.as_ref() == Some(&own) && legacy.is_none());
        }
        Some(PresentedRefreshToken::Legacy(other)) => {
            assert!(legacy.as_ref() == Some(&other) && token.is_none());
        }
        None => assert!(token.is_none() && legacy.is_none()),
    }
    if let Some(legacy) = legacy {
        assert_eq!(legacy.expose(), text);
    }
    if let Some(token) = token {
        assert_eq!(token.expose().as_str(), text);
        for position in 0..text.len() {
            expect_other(&token, text, position);
        }
    }
}

/// The checksum detects each change of one character, and upper case is no spelling of a token.
fn expect_other(token: &RefreshToken, text: &str, position: usize) {
    let (before, after) = text.split_at(position);
    let (changed, after) = after.split_at(1);
    for other in ["0", "f", &changed.to_ascii_uppercase()] {
        let text = format!("{before}{other}{after}");
        let parsed = RefreshToken::parse(&text);
        assert!(parsed.is_none() || (other == changed && parsed.as_ref() == Some(token)), "{text}");
    }
}
