//! An application with a verifier on mocks, without store and socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use auth_domain::mocks::{MockAccessTokens, MockDenylist, fixed_clock};
use auth_domain::model::AccessClaims;
use auth_domain::ports::{Clock, InvalidAccessToken, PortError};
use auth_verifier::{Caller, Email, RequireRole, Role, SystemClock, TokenVerifier, VerifyAccessToken};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-07-10 14:17 UTC);

fn claims(role: Role) -> AccessClaims {
    AccessClaims {
        token_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse().unwrap(),
        user_id: "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap(),
        tenant_id: "5f8a3b2c-1d9e-4f6a-8b8c-9d0e1f2a3b4c".parse().unwrap(),
        email: Email::parse("owner@example.com").unwrap(),
        role,
        session_id: Some("6fa459ea-ee8a-4ca4-894e-db77e160355e".parse().unwrap()),
        issued_at: None,
        expires_at: NOW + time::Duration::minutes(15),
    }
}

/// Accepts the name of a role as the token of a caller with this role.
fn access_tokens() -> MockAccessTokens {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_verify().returning(|token, now| {
        assert_eq!(now, NOW, "the time is that of the clock");
        token.parse().map(claims).map_err(|()| InvalidAccessToken::Malformed)
    });
    access_tokens
}

fn use_case(denylist: MockDenylist) -> (VerifyAccessToken, Arc<dyn Clock>) {
    let verify = VerifyAccessToken { access_tokens: Arc::new(access_tokens()), denylist: Arc::new(denylist) };
    (verify, Arc::new(fixed_clock(NOW, SystemClock.instant())))
}

fn verifier(answer: impl Fn() -> Result<bool, PortError> + Send + Sync + 'static) -> TokenVerifier {
    let mut denylist = MockDenylist::new();
    denylist.expect_contains().returning(move |_, _| answer());
    let (verify, clock) = use_case(denylist);
    TokenVerifier::new(verify, clock)
}

async fn whoami(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().body(format!("{:?}", caller.user_id))
}

/// Calls an application with the route `/whoami` for all callers and `/office/whoami` for owners and admins.
async fn call(verifier: TokenVerifier, request: TestRequest) -> (u16, String, Value) {
    let app = App::new().app_data(verifier).route("/whoami", web::to(whoami)).service(
        web::scope("/office")
            .wrap(RequireRole::any_of([Role::Owner, Role::Admin]))
            .route("/whoami", web::to(whoami)),
    );
    let response = actix_web::test::call_service(&init_service(app).await, request.to_request()).await;
    let status = response.status().as_u16();
    let challenge =
        response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, challenge.unwrap_or_default(), serde_json::from_slice(&body).unwrap_or_default())
}

fn get(path: &str, bearer: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("authorization", format!("Bearer {bearer}")))
}

#[actix_web::test]
async fn a_valid_bearer_token_is_the_caller_of_the_handler() {
    let (status, ..) = call(verifier(|| Ok(false)), get("/whoami", "Viewer")).await;
    assert_eq!(status, 200);
}

// S-44
#[actix_web::test]
async fn missing_and_invalid_bearer_tokens_are_401() {
    for path in ["/whoami", "/office/whoami"] {
        let (status, challenge, body) = call(verifier(|| Ok(false)), TestRequest::get().uri(path)).await;
        assert_eq!((status, challenge.as_str(), &body["error"]), (401, "Bearer", &"invalid_token".into()));
        let (status, challenge, _) = call(verifier(|| Ok(false)), get(path, "nonsense")).await;
        assert_eq!((status, challenge.as_str()), (401, r#"Bearer error="invalid_token""#));
    }
}

// S-59
#[actix_web::test]
async fn a_revoked_bearer_token_is_401() {
    for path in ["/whoami", "/office/whoami"] {
        let (status, _, body) = call(verifier(|| Ok(true)), get(path, "Owner")).await;
        assert_eq!((status, &body["error"]), (401, &"invalid_token".into()));
    }
}

// S-66
#[actix_web::test]
async fn an_unreachable_denylist_is_503_and_never_200_or_401() {
    for path in ["/whoami", "/office/whoami"] {
        let unreachable = verifier(|| Err(PortError::unavailable("unreachable")));
        let (status, challenge, body) = call(unreachable, get(path, "Owner")).await;
        assert_eq!((status, challenge.as_str(), &body["error"]), (503, "", &"service_unavailable".into()));
    }
}

#[actix_web::test]
async fn only_callers_with_a_required_role_are_accepted() {
    for (role, expected) in [("Owner", 200), ("Admin", 200), ("Developer", 403), ("Viewer", 403)] {
        let (status, challenge, body) = call(verifier(|| Ok(false)), get("/office/whoami", role)).await;
        assert_eq!(status, expected, "{role}");
        if expected == 403 {
            assert_eq!(challenge, r#"Bearer error="insufficient_scope""#);
            assert_eq!(body["error"], "forbidden");
        }
    }
}

#[actix_web::test]
async fn a_role_in_body_query_or_another_header_is_ignored() {
    let request = get("/office/whoami?role=Owner", "Viewer")
        .insert_header(("x-user-role", "Owner"))
        .set_json(serde_json::json!({ "role": "Owner" }));
    assert_eq!(call(verifier(|| Ok(false)), request).await.0, 403);
}

#[actix_web::test]
async fn a_request_is_verified_once() {
    let mut denylist = MockDenylist::new();
    denylist.expect_contains().times(1).returning(|_, _| Ok(false));
    let (verify, clock) = use_case(denylist);
    assert_eq!(call(TokenVerifier::new(verify, clock), get("/office/whoami", "Owner")).await.0, 200);
}

/// The outer verifier may be for another audience, or may use a cache.
#[actix_web::test]
async fn the_result_of_one_verifier_is_not_used_by_another() {
    let app = App::new().app_data(verifier(|| Ok(false))).service(
        web::scope("")
            .wrap(RequireRole::any_of([Role::Owner]))
            .service(web::scope("/payments").app_data(verifier(|| Ok(true))).route("", web::to(whoami))),
    );
    let request = get("/payments", "Owner").to_request();
    let response = actix_web::test::call_service(&init_service(app).await, request).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn an_application_without_a_verifier_accepts_no_request() {
    let app = init_service(App::new().route("/whoami", web::to(whoami))).await;
    let response = actix_web::test::call_service(&app, get("/whoami", "Owner").to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

// S-83
#[test]
fn debug_of_a_caller_does_not_show_the_email() {
    let caller = Caller::from(claims(Role::Owner));
    assert!(!format!("{caller:?}").contains("owner@example.com"));
}
