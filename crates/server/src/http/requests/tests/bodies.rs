use std::time::Duration;

use auth_domain::ports::Clock;

use super::login;
use crate::http::error::ApiError;
use crate::system::SystemClock;

/// Returns the message of the 400 for a login body, or nothing if the body is a login.
fn fault(body: &[u8]) -> Option<String> {
    match login(body) {
        Ok(_) => None,
        Err(ApiError::InvalidRequest(message)) => Some(message),
        Err(other) => panic!("{other:?}"),
    }
}

// S-71
#[test]
fn each_fault_of_a_body_has_its_own_message() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let rows: [(&[u8], &str); 34] = [
        (b"", "The body is empty; send a JSON object."),
        (b" \r\n\t", "The body is empty; send a JSON object."),
        (b"null", "The body must be a JSON object, not null."),
        (b"[]", "The body must be a JSON object, not an array."),
        (b"\"text\"", "The body must be a JSON object, not a string."),
        (b"42", "The body must be a JSON object, not a number."),
        (b"-4.2", "The body must be a JSON object, not a number."),
        (b"true", "The body must be a JSON object, not a boolean."),
        (b"{", "The body ends before its JSON object is complete (line 1, column 1)."),
        (br#"{"email":"a@b.c"#, "The body ends before its JSON object is complete (line 1, column 15)."),
        (b"email=a%40b.c", "The body is not JSON: expected value (line 1, column 1)."),
        (b"{'email':1}", "The body is not JSON: key must be a string (line 1, column 2)."),
        (b"{\"email\":}", "The body is not JSON: expected value (line 1, column 10)."),
        (b"{\"email\" 1}", "The body is not JSON: expected `:` (line 1, column 10)."),
        (b"{\n\"x\":1 \"y\":2}", "The body is not JSON: expected `,` or `}` (line 2, column 7)."),
        (b"{\"x\":1,}", "The body is not JSON: trailing comma (line 1, column 8)."),
        (br#"{"x":"\q"}"#, "The body is not JSON: invalid escape (line 1, column 8)."),
        (
            b"{\"x\":\"\n\"}",
            "The body is not JSON: control character (\\u0000-\\u001F) found while parsing a string \
             (line 2, column 0).",
        ),
        (b"{\"x\":01}", "The body is not JSON: invalid number (line 1, column 7)."),
        (b"{\"x\":1e999}", "The body is not JSON: number out of range (line 1, column 10)."),
        (b"\xff\xfe{\0}\0", "The body is not valid UTF-8 (after 0 bytes)."),
        (b"{\"password\":\"\xff\"}", "The body is not valid UTF-8 (after 13 bytes)."),
        (b"{\"password\":\"\xed\xa0\x80\"}", "The body is not valid UTF-8 (after 13 bytes)."),
        (b"{} {}", "The body has data after its JSON object (line 1, column 4)."),
        (b"{}\0", "The body has data after its JSON object (line 1, column 3)."),
        (deep.as_bytes(), "The body is nested more than 127 levels deep (line 1, column 132)."),
        (
            br#"{"password":"\ud800"}"#,
            "The body has a string with half of a surrogate pair (line 1, column 20).",
        ),
        (br#"{"x":"\udc00abc"}"#, "The body has a string with half of a surrogate pair (line 1, column 12)."),
        (
            br#"{"x":"\ud800\u0041"}"#,
            "The body has a string with half of a surrogate pair (line 1, column 18).",
        ),
        (br#"{"email":"a","\u0065mail":"b"}"#, "The body has the field email twice (line 1, column 25)."),
        (br#"{"hunter2":"a","hunter2":"b"}"#, "The body has a field twice (line 1, column 24)."),
        (br#"{"x":{"k":[{"k":1,"k":2}]}}"#, "The body has a field twice (line 1, column 21)."),
        (
            br#"{"email":null,"password":["secret"]}"#,
            "The field email must be a string, not null. The field password must be a string, not an array.",
        ),
        (br#"{"email":" "}"#, "The field email must not be blank. The field password is required."),
    ];
    for (body, message) in rows {
        assert_eq!(fault(body).as_deref(), Some(message), "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(fault(br#"{"email":"a@b.c","password":"x"}"#), None);
}

// S-71
#[test]
fn the_largest_bodies_are_rejected_in_under_20_ms() {
    let room = 16 * 1024 - 100;
    let names = (0..room / 12).map(|number| format!("\"{number:07}\":1,"));
    let bodies = [
        format!("{{{}\"0000000\":1}}", names.collect::<String>()),
        format!("{{\"x\":\"{}\\ud800\"}}", "\\\\".repeat(room / 2)),
        "[".repeat(room),
        "{\"a\":".repeat(room / 5),
        format!("{{\"x\":{}}}", "9".repeat(room)),
        format!("{{\"x\":[{}0]}}", "[],".repeat(room / 3)),
        " ".repeat(room),
    ];
    for body in &bodies {
        let time = || {
            let started = SystemClock.instant();
            assert!(fault(body.as_bytes()).is_some());
            SystemClock.instant() - started
        };
        let fastest = (0..5).map(|_| time()).min().unwrap();
        assert!(fastest < Duration::from_millis(20), "{fastest:?}: {}", &body[..40]);
    }
}
