//! 400: requests that are not as documented; the message names every field at fault.

use std::time::Duration;

use auth_e2e::clock::Stopwatch;
use auth_e2e::{ALICE, Api, PASSWORD, Server};
use serde_json::{Value, json};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";
/// The longest time that a rejected body takes.
const QUICK: Duration = Duration::from_millis(20);

#[tokio::test]
async fn every_missing_field_is_named_in_one_400() {
    let server = Server::start().await;
    let caller = authorized(&server).await;
    let fields: [(&str, &[&str]); 3] =
        [(LOGIN, &["email", "password"]), (REFRESH, &["refreshToken"]), (LOGOUT, &["refreshToken"])];
    for (path, names) in fields {
        let message = bad_request(&caller, path, &json!({})).await;
        assert!(names.iter().all(|name| message.contains(name)), "{path}: {message}");
    }
    for body in [json!({ "email": ALICE }), json!({ "EMAIL": ALICE, "passwords": PASSWORD })] {
        let message = bad_request(&server, LOGIN, &body).await;
        assert!(message.contains("password") && !message.contains("email"), "{message}");
    }
}

#[tokio::test]
async fn a_blank_null_or_mistyped_field_is_400() {
    let server = Server::start().await;
    let caller = authorized(&server).await;
    let wrong = [
        json!(""),
        json!("  \t "),
        json!(null),
        json!(1),
        json!(1.5),
        json!(true),
        json!([ALICE]),
        json!({}),
    ];
    for value in wrong {
        let message = bad_request(&server, LOGIN, &json!({ "email": value, "password": PASSWORD })).await;
        assert!(message.contains("email"), "{message}");
        let message = bad_request(&server, LOGIN, &json!({ "email": ALICE, "password": value })).await;
        assert!(message.contains("password"), "{message}");
        for path in [REFRESH, LOGOUT] {
            let message = bad_request(&caller, path, &json!({ "refreshToken": value })).await;
            assert!(message.contains("refreshToken"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_field_that_is_too_long_is_400() {
    let server = Server::start().await;
    let caller = authorized(&server).await;
    let long_email = format!("{}@example.com", "a".repeat(255 - "@example.com".len() + 1));
    let message = bad_request(&server, LOGIN, &json!({ "email": long_email, "password": PASSWORD })).await;
    assert!(message.contains("email"), "{message}");
    let message =
        bad_request(&server, LOGIN, &json!({ "email": ALICE, "password": "p".repeat(1_025) })).await;
    assert!(message.contains("password"), "{message}");
    for path in [REFRESH, LOGOUT] {
        let message = bad_request(&caller, path, &json!({ "refreshToken": "0".repeat(513) })).await;
        assert!(message.contains("refreshToken"), "{message}");
        let longest = caller.post(path, &json!({ "refreshToken": "0".repeat(512) })).await;
        longest.expect_error(401, "invalid_refresh_token");
    }
}

#[tokio::test]
async fn an_email_of_invalid_format_is_400() {
    let server = Server::start().await;
    for email in [
        "alice",
        "@example.com",
        "alice@",
        "alice@-a.com",
        "a@b..c",
        "a b@c.d",
        "é@example.com",
        "a@b@c",
        "a\u{0}@b.c",
    ] {
        let message = bad_request(&server, LOGIN, &json!({ "email": email, "password": PASSWORD })).await;
        assert!(message.contains("email") && !message.contains(email), "{message}");
    }
    for email in ["a@b", "o'hara+tag@sub.example.com"] {
        server.login(email, PASSWORD).await.expect_error(401, "invalid_credentials");
    }
}

// S-71
#[tokio::test]
async fn a_body_that_is_no_json_object_is_400() {
    let server = Server::start().await;
    let deep = format!("{}{}", "[".repeat(8_000), "]".repeat(8_000));
    let deeper = "{\"a\":".repeat(3_000);
    let good = format!(r#"{{"email":"{ALICE}","password":"{PASSWORD}"}}"#);
    let bodies: Vec<Vec<u8>> = vec![
        b"".into(),
        b" ".into(),
        b"null".into(),
        b"[]".into(),
        b"\"text\"".into(),
        b"42".into(),
        b"{".into(),
        b"{\"email\":}".into(),
        b"{'email':'a@b.c'}".into(),
        b"email=a%40b.c&password=x".into(),
        b"\0".into(),
        format!("{good} {good}").into(),
        format!("{good}x").into(),
        good.replace('}', ",}").into(),
        format!("\u{feff}\u{feff}{good}").into(),
        format!("\u{2060}{good}").into(),
        deep.into(),
        deeper.into(),
        good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [good.as_bytes(), b"\0"].concat(),
    ];
    let api = server.keeping_connections();
    for body in bodies {
        let mut fastest = Duration::MAX;
        // Other programs make single requests slow, but hardly each of fifty.
        for _ in 0..50 {
            let watch = Stopwatch::start();
            api.post_bytes(LOGIN, &body).await.expect_error(400, "invalid_request");
            fastest = fastest.min(watch.elapsed());
            if fastest < QUICK {
                break;
            }
        }
        assert!(fastest < QUICK, "{fastest:?}: {}", String::from_utf8_lossy(&body));
    }
}

// S-71
#[tokio::test]
async fn a_400_names_the_fault_of_the_body() {
    let server = Server::start().await;
    let faults: [(&[u8], &str); 9] = [
        (b"", "is empty"),
        (b"[1]", "not an array"),
        (b"{\"email\":}", "not JSON: expected value (line 1, column 10)"),
        (b"{\"email\":\"a", "ends before"),
        (b"{} {}", "data after its JSON object"),
        (b"{\"email\":\"a\",\"email\":\"a\"}", "the field email twice"),
        (b"{\"email\":\"\\ud800\"}", "half of a surrogate pair"),
        (b"{\"email\":\"\xff\"}", "not valid UTF-8"),
        (b"{\"email\":null}", "The field email must be a string, not null."),
    ];
    for (body, cause) in faults {
        let message = server.post_bytes(LOGIN, body).await.expect_error(400, "invalid_request");
        assert!(message.contains(cause), "{message}");
    }
    let deep = server.post_bytes(LOGIN, "[".repeat(8_000).as_bytes()).await;
    assert!(deep.expect_error(400, "invalid_request").contains("more than 127 levels"));
}

// S-71
#[tokio::test]
async fn duplicated_fields_and_broken_text_are_400() {
    let server = Server::start().await;
    let email = format!(r#""email":"{ALICE}""#);
    let password = format!(r#""password":"{PASSWORD}""#);
    let bodies: [Vec<u8>; 9] = [
        format!("{{{email},{password},{email}}}").into(),
        format!("{{{password},{email},{password}}}").into(),
        format!(r#"{{{email},{password},"\u0065mail":"{ALICE}"}}"#).into(),
        format!(r#"{{{email},{password},"Password":"{PASSWORD}"}}"#).into(),
        format!(r#"{{{email},"password":"\ud800"}}"#).into(),
        format!(r#"{{{email},"password":"abc\udc00def"}}"#).into(),
        [format!("{{{email},\"password\":\"").as_bytes(), b"\xff\xfe", b"\"}"].concat(),
        [format!("{{{email},\"password\":\"").as_bytes(), b"\xed\xa0\x80", b"\"}"].concat(),
        [format!("{{{email},{password},\"x\":\"").as_bytes(), b"\xc0\xaf", b"\"}"].concat(),
    ];
    for body in bodies {
        server.post_bytes(LOGIN, &body).await.expect_error(400, "invalid_request");
    }
    let deep = format!(r#"{{{email},{password},"x":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    server.post_bytes(LOGIN, deep.as_bytes()).await.expect_error(400, "invalid_request");
}

// S-71
#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let server = Server::start().await;
    let good = format!("\u{feff}{{\"email\":\"{ALICE}\",\"password\":\"{PASSWORD}\"}}");
    server.post_bytes(LOGIN, good.as_bytes()).await.tokens();
    let message = server.post_bytes(LOGIN, b"\xef\xbb\xbf").await.expect_error(400, "invalid_request");
    assert!(message.contains("is empty"), "{message}");
}

async fn authorized(server: &Server) -> Api {
    let tokens = server.log_in(ALICE).await;
    server.with_header("authorization", &format!("Bearer {}", tokens.access))
}

async fn bad_request(api: &Api, path: &str, body: &Value) -> String {
    api.post(path, body).await.expect_error(400, "invalid_request")
}
