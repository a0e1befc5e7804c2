//! Every type of the domain that parses client input does so in linear time.

use auth_domain::model::{
    Email, IdempotencyKey, LegacyRefreshToken, Password, RefreshToken, SessionId, TokenId, UserId,
};
use auth_testkit::assert_linear;

/// Parts to repeat, which are slow in a quadratic parser.
const PARTS: [&str; 12] = ["a", " ", "\\", "\"", "@", ".", "a.", "-", "0", "\u{a0}", "a@", "é"];

fn check<T>(name: &str, parse: impl Fn(&str) -> T) {
    for part in PARTS {
        for (before, after) in [("", ""), ("a@b.", ""), ("a@b", "x"), ("", "@b.c")] {
            let input = |bytes: usize| format!("{before}{}{after}", part.repeat(bytes / part.len()));
            assert_linear(&format!("{name} of {before}{part}…{after}"), input, |text| parse(text));
        }
    }
}

// S-89
#[test]
fn emails_and_passwords_are_parsed_in_linear_time() {
    check("email", Email::parse);
    check("password", |text| Password::parse(text.to_owned()));
}

// S-89
#[test]
fn tokens_keys_and_ids_are_parsed_in_linear_time() {
    check("idempotency key", |text| IdempotencyKey::parse(text.as_bytes()));
    check("refresh token", RefreshToken::parse);
    check("legacy refresh token", LegacyRefreshToken::parse);
    check("user id", UserId::from_canonical);
    check("session id", SessionId::from_canonical);
    check("token id", TokenId::from_canonical);
}
