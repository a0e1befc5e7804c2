//! Every type of the domain that parses client input takes time in proportion to its length.

use auth_domain::model::{
    Email, IdempotencyKey, LegacyRefreshToken, Password, RefreshToken, SessionId, TokenId, UserId,
};
use auth_testkit::assert_linear;

/// Repeated parts that would be slow in a quadratic parser.
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
fn the_cost_of_parsing_an_email_or_a_password_grows_with_its_length_at_most() {
    check("email", Email::parse);
    check("password", |text| Password::parse(text.to_owned()));
}

// S-89
#[test]
fn the_cost_of_parsing_a_token_a_key_or_an_id_grows_with_its_length_at_most() {
    check("idempotency key", |text| IdempotencyKey::parse(text.as_bytes()));
    check("refresh token", RefreshToken::parse);
    check("legacy refresh token", LegacyRefreshToken::parse);
    check("user id", UserId::from_canonical);
    check("session id", SessionId::from_canonical);
    check("token id", TokenId::from_canonical);
}
