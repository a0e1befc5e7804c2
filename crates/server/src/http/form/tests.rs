use proptest::prelude::*;

use super::*;

fn login(body: &[u8]) -> Result<(Email, Password), ApiError> {
    let mut form = Form::parse(body)?;
    let (email, password) = (form.email(), form.password());
    form.finish(email.zip(password))
}

fn message<T>(result: Result<T, ApiError>) -> String {
    match result {
        Err(ApiError::InvalidRequest(message)) => message,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn every_field_at_fault_is_named_at_once() {
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
    let malformed = message(login(br#"{"email":"nobody","password":"x"}"#));
    assert_eq!(malformed, "The email is not a valid address.");
}

#[test]
fn unknown_fields_are_ignored_and_the_password_is_kept_as_it_came() {
    let (email, password) =
        login(br#"{"x":{"y":[1,null]},"password":" \u0000\ud83d\ude00 ","email":" A@b.C "}"#).unwrap();
    assert_eq!(email.as_str(), "a@b.c");
    assert_eq!(password.expose_bytes(), " \0😀 ".as_bytes());
}

// S-71
#[test]
fn bodies_that_two_readers_could_take_differently_are_rejected() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies: [&[u8]; 13] = [
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
        b"\xef\xbb\xbf{}",
        b"{\"email\":\"a@b.c\",\"password\":\"\xff\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        assert!(message(login(body)).starts_with("The body "), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_refresh_token_of_up_to_512_bytes_is_looked_at() {
    let take = |length: usize| {
        let mut form =
            Form::parse(format!(r#"{{"refreshToken":"{}"}}"#, "x".repeat(length)).as_bytes()).unwrap();
        let token = form.refresh_token();
        form.finish(token)
    };
    assert_eq!(take(512).unwrap().len(), 512);
    assert_eq!(message(take(513)), "The refreshToken is longer than 512 bytes.");
    assert_eq!(message(take(0)), "The field refreshToken must not be blank.");
}

#[test]
fn an_idempotency_key_appears_once_or_not_at_all() {
    let read = |values: &[&'static [u8]]| idempotency_key(values.iter().copied());
    assert_eq!(read(&[]).unwrap(), None);
    assert!(read(&[b"k"]).unwrap().is_some());
    for twice in [[b"k".as_slice(), b"k"].as_slice(), &[b"k", b""]] {
        assert_eq!(message(read(twice)), "The Idempotency-Key header must appear only once.");
    }
    for malformed in [b"".as_slice(), b"a b"] {
        let message = message(read(&[malformed]));
        assert_eq!(message, "The Idempotency-Key header must have 1 to 255 visible ASCII characters.");
    }
}

proptest! {
    #[test]
    fn any_body_is_judged_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = login(&body);
    }
}
