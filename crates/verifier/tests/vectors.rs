//! Test vectors of another library, each in a request.

use std::sync::Arc;

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::test::TestRequest;
use actix_web::{FromRequest, dev::Payload};
use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_domain::mocks::{MockDenylist, fixed_clock};
use auth_domain::ports::{AccessTokens, Clock};
use auth_testkit::vectors;
use auth_verifier::{AuthError, Caller, SystemClock, TokenVerifier, VerifyAccessToken};
use time::OffsetDateTime;

// S-29, S-31, S-32, S-34, S-35, S-37
#[actix_web::test]
async fn every_vector_has_its_expected_outcome() {
    let vectors = vectors::jws();
    let mut config = JwtConfig::new(SigningKey::allow_guessable(vectors.key).unwrap());
    (config.issuer, config.audience) = (vectors.issuer, vectors.audience);
    let access_tokens: Arc<dyn AccessTokens> = Arc::new(JwtAccessTokens::new(config).unwrap());
    assert!(vectors.cases.len() > 100);
    for case in vectors.cases {
        // In a header, spaces before the token belong to the separator (RFC 6750 §2.1).
        let accept = case.accept || case.name == "leading_space";
        // A header cannot contain a line break, so no client can send such a token.
        let Ok(header) = HeaderValue::from_str(&format!("Bearer {}", case.token)) else {
            assert!(!accept, "{} cannot be sent", case.name);
            continue;
        };
        let mut denylist = MockDenylist::new();
        denylist.expect_contains().returning(|_, _| Ok(false));
        let verify = VerifyAccessToken { access_tokens: access_tokens.clone(), denylist: Arc::new(denylist) };
        let now = OffsetDateTime::from_unix_timestamp(case.now).unwrap();
        let clock = Arc::new(fixed_clock(now, SystemClock.instant()));
        let request = TestRequest::get()
            .insert_header((AUTHORIZATION, header))
            .app_data(TokenVerifier::new(verify, clock))
            .to_http_request();
        let result = Caller::from_request(&request, &mut Payload::None).await;
        match result {
            Ok(_) => assert!(accept, "{} was accepted", case.name),
            Err(rejection) => {
                assert!(!accept, "{} was rejected", case.name);
                assert_eq!(rejection, AuthError::InvalidToken { presented: true }, "{}", case.name);
            }
        }
    }
}
