//! Spellings of paths and field names that clients of ASP.NET services send.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use proptest::prelude::*;
use serde_json::json;

use super::JSON;
use crate::http::configure_admin;
use crate::http::fixtures::{Answer, app, application, parts, public, refresh_token, runtime, serving};

const PATHS: [&str; 3] = ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout"];

/// Spellings that are no spelling of an endpoint.
const OTHERS: [&str; 9] = [
    "/api/v1/auth/login//",
    "/api/v1/auth//login",
    "//api/v1/auth/login",
    "/api/v1/auth/login%2F",
    "/api/v1/auth/login/x",
    "/api/v1/auth/Me",
    "/api/v1/auth/me/",
    "/Health",
    // The Kelvin sign has a lower-case form in ASCII, and the long s an upper-case one.
    "/api/v1/auth/refre%C5%BFh",
];

/// Returns a text in a mix of cases.
fn mixed(text: &str, upper: u64) -> String {
    let letters = text.chars().enumerate();
    letters
        .map(|(place, letter)| if upper >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
        .collect()
}

/// Returns the headers without the request id, in order.
fn headers(answer: &Answer) -> Vec<(&str, &[u8])> {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.sort_unstable();
    headers
}

/// Returns a body with the fields of all endpoints under other names.
fn body(upper: u64) -> String {
    json!({
        mixed("email", upper): "owner@example.com",
        mixed("password", upper): "right",
        mixed("refreshToken", upper): refresh_token(),
    })
    .to_string()
}

fn request(method: &Method, path: &str, body: String) -> TestRequest {
    let request = TestRequest::with_uri(path).method(method.clone()).insert_header(JSON);
    request.insert_header(("authorization", "Bearer signed")).set_payload(body)
}

// S-69
#[test]
fn every_mix_of_case_and_slash_gets_the_response_of_the_path() {
    let runtime = runtime();
    let app = runtime.block_on(app(parts()));
    let ask =
        |method: &Method, path: &str, body| runtime.block_on(Answer::to(request(method, path, body), &app));
    let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE];
    proptest!(|(path in prop::sample::select(&PATHS[..]), upper: u64, slash: bool, fields: u64)| {
        let spelled = format!("{}{}", mixed(path, upper), if slash { "/" } else { "" });
        for method in &methods {
            let (answer, usual) = (ask(method, &spelled, String::new()), ask(method, path, String::new()));
            prop_assert_eq!((answer.status, headers(&answer)), (405, headers(&usual)), "{} {}", method, spelled);
            prop_assert_eq!(&answer.text, &usual.text);
        }
        for (sent, status) in [("{}", 400), ("{\"x\":1,\"x\":1}", 400)] {
            let (answer, usual) = (ask(&Method::POST, &spelled, sent.to_owned()), ask(&Method::POST, path, sent.to_owned()));
            prop_assert_eq!((answer.status, answer.text, answer.headers.len()), (status, usual.text, usual.headers.len()));
        }
        let answer = ask(&Method::POST, &spelled, body(fields));
        prop_assert_eq!(answer.status, if path.ends_with("logout") { 204 } else { 200 }, "{}: {}", spelled, answer.text);
    });
}

#[actix_web::test]
async fn other_spellings_are_404_and_not_stored() {
    let app = app(parts()).await;
    for path in OTHERS {
        let answer = Answer::to(request(&Method::POST, path, body(0)), &app).await;
        assert_eq!(answer.error(), (404, "not_found"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    // A percent-encoded letter is the letter (RFC 3986 §6.2.2.2), and a query is ignored.
    for path in ["/api/v1/auth/%4Cogi%6E/", "/api/v1/auth/Login/?next=/", "/api/v1/auth/login?"] {
        let answer = Answer::to(request(&Method::POST, path, body(0)), &app).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
}

// S-71
#[actix_web::test]
async fn two_spellings_of_a_field_are_a_400_that_names_it() {
    let app = app(parts()).await;
    for (path, sent, field) in [
        ("login", r#"{"email":"a@b.c","EMAIL":"a@b.c","password":"x"}"#, "email"),
        ("login", r#"{"email":"a@b.c","Password":"x","password":"x"}"#, "password"),
        ("refresh", r#"{"refreshToken":"x","RefreshToken":"x"}"#, "refreshToken"),
        ("logout", r#"{"REFRESHTOKEN":"x","\u0072efreshtoken":"x"}"#, "refreshToken"),
    ] {
        let answer =
            Answer::to(request(&Method::POST, &format!("/api/v1/auth/{path}"), sent.to_owned()), &app).await;
        assert_eq!(answer.error(), (400, "invalid_request"));
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("The body has the field {field} twice")), "{message}");
    }
}

#[actix_web::test]
async fn one_byte_order_mark_is_skipped() {
    let app = app(parts()).await;
    for (marks, status) in [(1, 200), (2, 400)] {
        let sent = format!("{}{}", "\u{feff}".repeat(marks), body(0));
        let answer = Answer::to(request(&Method::POST, PATHS[0], sent), &app).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

#[actix_web::test]
async fn metrics_count_every_spelling_under_the_path() {
    let application = application(parts(), &[]);
    let app = serving(&application, public).await;
    for path in ["/API/V1/AUTH/LOGIN", "/api/v1/Auth/Login/", "/api/v1/auth/login/", PATHS[0]] {
        assert_eq!(Answer::to(request(&Method::GET, path, String::new()), &app).await.status, 405);
    }
    let admin = serving(&application, |service| configure_admin(service, false)).await;
    let metrics = Answer::to(TestRequest::get().uri("/metrics"), &admin).await.text;
    let counted =
        metrics.lines().filter(|line| line.starts_with("hooksentry_auth_http_requests_total{method=\"GET\""));
    assert_eq!(
        counted.collect::<Vec<_>>(),
        [r#"hooksentry_auth_http_requests_total{method="GET",path="/api/v1/auth/login",status="405"} 4"#]
    );
}
