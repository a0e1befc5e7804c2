mod bodies;

use proptest::prelude::*;

use super::*;
use crate::http::body::parse;

fn login(body: &[u8]) -> Result<(Email, Password), ApiError> {
    parse::<LoginRequest>(body)?.parse()
}

fn message<T>(result: Result<T, ApiError>) -> String {
    match result {
        Err(ApiError::InvalidRequest(message)) => message,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn every_field_at_fault_is_reported_at_once() {
    let missing = message(login(b"{}"));
    assert_eq!(missing, "The field email is required. The field password is required.");
    for body in [r#"{"email":"","password":""}"#, r#"{"email":" ","password":" \t"}"#] {
        let blank = message(login(body.as_bytes()));
        assert_eq!(blank, "The field email must not be blank. The field password must not be blank.");
    }
    let wrong_types = message(login(br#"{"email":["a@b.c"],"password":7}"#));
    assert_eq!(
        wrong_types,
        "The field email must be a string, not an array. The field password must be a string, not a number."
    );
    let malformed = message(login(br#"{"email":"no-address","password":"x"}"#));
    assert_eq!(malformed, "The email is not a valid address.");
}

#[test]
fn unknown_fields_are_ignored_and_the_password_is_unchanged() {
    let (email, password) =
        login(br#"{"x":{"y":[1,null]},"password":" \u0000\ud83d\ude00 ","email":" A@b.C "}"#).unwrap();
    assert_eq!(email.as_str(), "a@b.c");
    assert_eq!(password.expose_bytes(), " \0😀 ".as_bytes());
}

// S-71
#[test]
fn bodies_with_two_possible_meanings_are_rejected() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies: [&[u8]; 14] = [
        b"",
        b"null",
        b"[]",
        b"\"text\"",
        b"{",
        b"{} {}",
        br#"{"email":"a@b.c","email":"a@b.c","password":"x"}"#,
        br#"{"email":"a@b.c","password":"x","z":{"k":1,"k":2}}"#,
        br#"{"email":"a@b.c","password":"\ud800"}"#,
        br#"{"email":"a@b.c","password":"x","z":"\udc00"}"#,
        br#"{"email":"a@b.c","Email":"a@b.c","password":"x"}"#,
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"{\"email\":\"a@b.c\",\"password\":\"\xff\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        assert!(message(login(body)).starts_with("The body "), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_refresh_token_has_at_most_512_bytes() {
    let refresh = |length: usize| {
        let body = format!(r#"{{"refreshToken":"{}"}}"#, "x".repeat(length));
        parse::<RefreshRequest>(body.as_bytes()).unwrap().parse()
    };
    assert_eq!(refresh(512).unwrap(), None);
    assert_eq!(message(refresh(513)), "The refreshToken is longer than 512 bytes.");
    assert_eq!(message(refresh(0)), "The field refreshToken must not be blank.");
    assert_eq!(
        message(parse::<LogoutRequest>(b"{}").unwrap().parse()),
        "The field refreshToken is required."
    );
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = login(&body);
    }
}
