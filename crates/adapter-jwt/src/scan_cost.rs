//! The time to read a token is proportional to its length, also without the limit of 4 KiB.

use auth_testkit::{assert_linear, assert_linear_in_json};

use crate::claims::Incoming;
use crate::compact::Compact;
use crate::header;

// S-89
#[test]
fn the_cost_of_reading_json_grows_at_most_with_its_length() {
    assert_linear_in_json("header", |json| header::check(json, None));
    assert_linear_in_json("claims", |json| Incoming::parse(json).is_ok());
}

// S-89
#[test]
fn the_cost_of_splitting_a_token_grows_at_most_with_its_length() {
    for part in [".", "a", "e30.", "=", "é", "AAAA", "_"] {
        let input = |bytes: usize| part.repeat(bytes / part.len());
        assert_linear(part, input, |token| Compact::parse(token, "").is_ok());
    }
}
