//! The time to answer a request is proportional to its length, for every content of its headers and its body.

use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use auth_testkit::{assert_linear, assert_linear_in_json};

use super::body::parse;
use super::fixtures::{Answer, application, parts, public, runtime, serving};
use super::requests::{LoginRequest, RefreshRequest};

/// Every header that this service reads.
const HEADERS: [&str; 12] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "idempotency-key",
    "upgrade",
    "x-forwarded-for",
    "x-request-id",
];

const PARTS: [&[u8]; 9] = [b"\\", b"\"", b",", b";", b" ", b"a", b"=", b"10.0.0.1,", b"\xff"];

// S-89
#[test]
fn the_cost_of_a_response_is_linear_in_each_header() {
    let runtime = runtime();
    let app = runtime.block_on(async {
        let proxy = [("HTTP__TRUSTED_PROXIES", "10.0.0.1")];
        serving(&application(parts(), &proxy), public).await
    });
    for (path, header) in
        ["login", "refresh", "logout", "me"].into_iter().flat_map(|path| HEADERS.map(|name| (path, name)))
    {
        for part in PARTS {
            let value = |bytes: usize| HeaderValue::from_bytes(&part.repeat(bytes / part.len())).unwrap();
            assert_linear(&format!("{path}: {header}: {part:?}"), value, |value| {
                let request = TestRequest::with_uri(&format!("/api/v1/auth/{path}"))
                    .method(if path == "me" {
                        actix_web::http::Method::GET
                    } else {
                        actix_web::http::Method::POST
                    })
                    .peer_addr("10.0.0.1:4711".parse().unwrap())
                    .insert_header(("content-type", "application/json"))
                    .insert_header(("authorization", "Bearer signed"))
                    .insert_header((header, value.clone()))
                    .set_payload(r#"{"email":"a@b.c","password":"wrong"}"#);
                runtime.block_on(Answer::to(request, &app)).status
            });
        }
    }
}

// S-89, S-71
#[test]
fn the_cost_of_reading_a_body_is_linear_in_its_length() {
    assert_linear_in_json("body", |body| {
        (
            parse::<LoginRequest>(body).map(LoginRequest::parse),
            parse::<RefreshRequest>(body).map(RefreshRequest::parse),
        )
    });
    for field in ["email", "password", "refreshToken"] {
        for part in ["a", " ", "@", ".", "\u{a0}", "\\n"] {
            let body = |bytes: usize| format!(r#"{{"{field}":"{}"}}"#, part.repeat(bytes / part.len()));
            assert_linear(&format!("{field} of {part}"), body, |body| {
                let body = body.as_bytes();
                (
                    parse::<LoginRequest>(body).map(LoginRequest::parse),
                    parse::<RefreshRequest>(body).map(RefreshRequest::parse),
                )
            });
        }
    }
}
