//! Reading a token takes time in proportion to its length, also in the parsers that do not apply the limit of 4 KiB.

use auth_testkit::{assert_linear, assert_linear_in_json};

use crate::claims::Incoming;
use crate::compact::Compact;
use crate::{header, strict_json};

// S-89
#[test]
fn the_cost_of_reading_json_grows_with_its_length_at_most() {
    assert_linear_in_json("object", strict_json::object);
    assert_linear_in_json("header", |json| header::check(json, None));
    assert_linear_in_json("claims", |json| Incoming::parse(json).is_ok());
}

// S-89
#[test]
fn the_cost_of_splitting_a_token_grows_with_its_length_at_most() {
    for part in [".", "a", "e30.", "=", "é", "AAAA", "_"] {
        let input = |bytes: usize| part.repeat(bytes / part.len());
        assert_linear(part, input, |token| Compact::parse(token).is_ok());
    }
}
