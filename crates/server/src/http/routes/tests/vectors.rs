//! Tokens that another library made, each presented to the endpoint for proxies.

use std::sync::Arc;

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::test::TestRequest;
use auth_domain::mocks::fixed_clock;
use auth_domain::ports::Clock;
use auth_testkit::vectors;
use time::OffsetDateTime;

use crate::compose::{Parts, access_tokens};
use crate::http::fixtures::{call, parts, settings};
use crate::system::SystemClock;

// S-29, S-31, S-32, S-34, S-35, S-37
#[actix_web::test]
async fn every_vector_has_its_result_at_the_endpoint_for_proxies() {
    let vectors = vectors::jws();
    let variables = [("JWT__ISSUER", &*vectors.issuer), ("JWT__AUDIENCE", &vectors.audience)];
    let settings = settings(
        &[&variables[..], &[("JWT__KEY", vectors.key.as_str()), ("JWT__WEAK_KEY", "warn")]].concat(),
    );
    let access_tokens = access_tokens::of(&settings, settings.jwt.key.as_ref().unwrap()).unwrap();
    assert!(vectors.cases.len() > 100);
    for case in vectors.cases {
        // In a header, spaces before the token belong to the separator (RFC 6750 §2.1).
        let accept = case.accept || case.name == "leading_space";
        // A header cannot contain a line break, so no client can present such a token.
        let Ok(header) = HeaderValue::from_str(&format!("Bearer {}", case.token)) else {
            assert!(!accept, "{} cannot be presented", case.name);
            continue;
        };
        let now = OffsetDateTime::from_unix_timestamp(case.now).unwrap();
        let parts = Parts {
            access_tokens: access_tokens.clone(),
            clock: Arc::new(fixed_clock(now, SystemClock.instant())),
            ..parts()
        };
        let request = TestRequest::get().uri("/api/v1/auth/verify").insert_header((AUTHORIZATION, header));
        let answer = call(parts, request).await;
        if accept {
            assert_eq!(answer.status, 204, "{} was rejected", case.name);
        } else {
            assert_eq!(answer.error(), (401, "invalid_token"), "{}", case.name);
        }
    }
}
