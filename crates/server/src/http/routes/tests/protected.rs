//! The denylist of each protected endpoint, and the responses while it is unreachable.

use std::sync::Arc;

use actix_web::test::TestRequest;
use auth_domain::mocks::MockDenylist;
use auth_domain::ports::{Denylist, PortError};

use super::logout;
use crate::compose::Parts;
use crate::http::fixtures::{call, parts};

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(&format!("/api/v1/auth/{path}")).insert_header(("authorization", "Bearer signed"))
}

fn denylist(answer: fn() -> Result<bool, PortError>) -> Arc<dyn Denylist> {
    let mut denylist = MockDenylist::new();
    denylist.expect_contains().returning(move |_, _| answer());
    Arc::new(denylist)
}

fn never_asked() -> Arc<dyn Denylist> {
    Arc::new(MockDenylist::new())
}

/// A repeat after a completed logout is 401, also before other instances know of it.
#[actix_web::test]
async fn logout_asks_the_store_and_not_the_cache() {
    let parts = Parts { denylist: denylist(|| Ok(true)), verification: never_asked(), ..parts() };
    assert_eq!(call(parts, logout("signed")).await.error(), (401, "invalid_token"));
}

#[actix_web::test]
async fn every_other_protected_endpoint_uses_the_configured_verification() {
    for path in ["me", "verify"] {
        let parts = Parts { denylist: never_asked(), verification: denylist(|| Ok(true)), ..parts() };
        assert_eq!(call(parts, get(path)).await.error(), (401, "invalid_token"), "{path}");
    }
}

// S-66
#[actix_web::test]
async fn an_unreachable_denylist_is_503_and_a_broken_one_500() {
    for path in ["me", "verify"] {
        let away = denylist(|| Err(PortError::unavailable("away")));
        let answer = call(Parts { verification: away, ..parts() }, get(path)).await;
        assert_eq!(answer.error(), (503, "service_unavailable"), "{path}");
        assert!(!answer.header("retry-after").is_empty());
        let broken = denylist(|| Err(PortError::corrupt("broken")));
        let answer = call(Parts { verification: broken, ..parts() }, get(path)).await;
        assert_eq!(answer.error(), (500, "internal_error"), "{path}");
    }
}
