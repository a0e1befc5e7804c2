use actix_web::test::TestRequest;
use serde_json::Value;

use crate::http::configure_public;
use crate::http::fixtures::{Answer, application, call, parts, public, serving};

const PATHS: [&str; 4] = ["/swagger", "/swagger/", "/swagger/swagger-ui.css", "/openapi.json"];

// S-76
#[actix_web::test]
async fn documentation_that_is_off_is_404_for_every_method() {
    let public = serving(&application(parts(), &[]), |service| configure_public(service, false)).await;
    for path in PATHS {
        for request in [TestRequest::get(), TestRequest::post(), TestRequest::delete()] {
            assert_eq!(Answer::to(request.uri(path), &public).await.error(), (404, "not_found"), "{path}");
        }
        assert!(call(parts(), TestRequest::get().uri(path)).await.status < 400, "{path}");
    }
    assert_eq!(Answer::to(TestRequest::get().uri("/health"), &public).await.status, 200);
}

// S-76
#[actix_web::test]
async fn a_page_has_its_charset_and_runs_only_its_own_scripts() {
    let page = call(parts(), TestRequest::get().uri("/swagger/")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    for request in [
        TestRequest::get().uri("/health"),
        TestRequest::get().uri("/absent"),
        TestRequest::post().uri("/health"),
    ] {
        let answer = call(parts(), request).await;
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'");
    }
}

// S-76
#[actix_web::test]
async fn examples_cannot_use_up_a_login_limit() {
    let settings = call(parts(), TestRequest::get().uri("/swagger/swagger-initializer.js")).await.text;
    assert!(settings.contains("\"supportedSubmitMethods\": [") && settings.contains("\"get\""), "{settings}");
    assert!(!settings.contains("\"post\""), "{settings}");
    let document = call(parts(), TestRequest::get().uri("/openapi.json")).await;
    assert!(document.body["paths"] != Value::Null && !document.text.contains("owner@example.com"));
}

#[actix_web::test]
async fn readiness_without_details_names_no_dependency() {
    for (details, expected) in [("on", true), ("off", false)] {
        let application = application(parts(), &[("HTTP__READINESS_DETAILS", details)]);
        let public = serving(&application, public).await;
        let answer = Answer::to(TestRequest::get().uri("/health/ready"), &public).await;
        assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("ready")));
        assert_eq!(answer.body.get("dependencies").is_some(), expected);
    }
}
