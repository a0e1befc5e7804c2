use actix_web::http::header::HeaderValue;
use auth_testkit::assert_linear;
use proptest::prelude::*;

use super::*;

fn headers(values: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

// S-43
#[test]
fn the_scheme_is_case_insensitive() {
    for value in [b"Bearer a.b-c_d".as_slice(), b"bearer a.b-c_d", b"BEARER a.b-c_d"] {
        assert_eq!(bearer(&headers(&[value])), Ok("a.b-c_d"));
    }
}

// S-43
#[test]
fn one_or_more_spaces_follow_the_scheme() {
    for value in [b"Bearer a.b-c_d".as_slice(), b"Bearer  a.b-c_d", b"bearer      a.b-c_d"] {
        assert_eq!(bearer(&headers(&[value])), Ok("a.b-c_d"));
    }
}

// S-44
#[test]
fn a_request_without_a_bearer_token_presented_none() {
    for values in [[].as_slice(), &[b"Basic abc".as_slice()], &[b"Bearerabc"], &[b"Bearer\ta"], &[b""]] {
        assert_eq!(bearer(&headers(values)), Err(AuthError::InvalidToken { presented: false }));
    }
}

// S-43
#[test]
fn two_headers_and_broken_tokens_are_rejected() {
    for values in [
        [b"Bearer a".as_slice(), b"Bearer a"].as_slice(),
        &[b"Bearer"],
        &[b"Bearer "],
        &[b"Bearer a b"],
        &[b"Bearer  "],
        &[b"Bearer  a b"],
        &[b"Bearer \ta"],
        &[b"Bearer a "],
        &[b"Bearer \xff"],
    ] {
        assert_eq!(bearer(&headers(values)), Err(AuthError::InvalidToken { presented: true }));
    }
}

// S-89
#[test]
fn parsing_time_is_linear_in_the_length_of_the_header() {
    for part in ["Bearer ", " ", "a", "=", ",", "\t", "."] {
        let input =
            |bytes: usize| headers(&[format!("Bearer {}", part.repeat(bytes / part.len())).as_bytes()]);
        assert_linear(part, input, |headers| bearer(headers).map(str::len));
    }
}

proptest! {
    #[test]
    fn no_header_causes_a_panic(value in proptest::collection::vec(0x20..=0xff_u8, 0..60)) {
        prop_assume!(!value.contains(&0x7f));
        let headers = headers(&[&value]);
        if let Ok(token) = bearer(&headers) {
            prop_assert!(is_bearer_token(token));
        }
    }
}
