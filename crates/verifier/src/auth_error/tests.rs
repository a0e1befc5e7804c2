use actix_web::body::to_bytes;
use auth_domain::ports::InvalidAccessToken;
use serde_json::Value;

use super::*;

async fn body(response: HttpResponse) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap()
}

// S-44
#[actix_web::test]
async fn rejections_have_status_code_headers_and_shape_of_the_contract() {
    let table = [
        (AuthError::InvalidToken { presented: false }, 401, "invalid_token", Some("Bearer")),
        (
            AuthError::InvalidToken { presented: true },
            401,
            "invalid_token",
            Some(r#"Bearer error="invalid_token""#),
        ),
        (AuthError::Forbidden, 403, "forbidden", Some(r#"Bearer error="insufficient_scope""#)),
        (AuthError::Unavailable, 503, "service_unavailable", None),
        (AuthError::Internal, 500, "internal_error", None),
    ];
    for (rejection, status, code, challenge) in table {
        let response = rejection.error_response();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("cache-control"), Some("no-store"));
        assert_eq!(header("www-authenticate"), challenge, "{code}");
        assert_eq!(header("retry-after").is_some(), status == 503, "{code}");
        let body = body(response).await;
        assert_eq!(body["error"], code);
        assert!(body["message"].as_str().is_some_and(|message| message.ends_with('.')), "{code}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{code}");
    }
}

#[test]
fn retry_after_varies_so_that_clients_do_not_retry_together() {
    let waits: Vec<u64> = (0..60).map(|_| outage_retry_after()).collect();
    for seconds in 1..=MAX_RETRY_AFTER {
        assert!(waits.contains(&seconds), "{waits:?}");
    }
    assert!(waits.iter().all(|seconds| (1..=MAX_RETRY_AFTER).contains(seconds)));
}

// S-66, S-76
#[actix_web::test]
async fn an_outage_is_503_a_defect_500_and_neither_shows_its_cause() {
    let cases = [
        (PortError::unavailable("inner text"), 503),
        (PortError::overloaded("inner text"), 503),
        (PortError::corrupt("inner text"), 500),
        (PortError::misconfigured("inner text"), 503),
    ];
    for (error, status) in cases {
        let response = AuthError::from(&VerifyAccessTokenError::Port(error)).error_response();
        assert_eq!(response.status().as_u16(), status);
        assert!(!body(response).await.to_string().contains("inner"));
    }
}

#[test]
fn invalid_and_revoked_tokens_get_the_same_response() {
    let invalid = AuthError::from(&VerifyAccessTokenError::Invalid(InvalidAccessToken::Expired));
    assert_eq!(invalid, AuthError::from(&VerifyAccessTokenError::Revoked));
}
