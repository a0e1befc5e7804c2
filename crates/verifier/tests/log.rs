//! The log lines of a verifier, within the span of the request.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use actix_web::HttpMessage;
use actix_web::test::TestRequest;
use auth_domain::mocks::{MockAccessTokens, MockDenylist, fixed_clock};
use auth_domain::model::AccessClaims;
use auth_domain::ports::{Clock, InvalidAccessToken, PortError};
use auth_verifier::{Email, RejectionLogged, Role, SystemClock, TokenVerifier, VerifyAccessToken};
use serde_json::Value;
use time::macros::datetime;
use tracing::field::Empty;
use tracing::{Instrument, info, info_span};

const USER: &str = "9c858901-8a57-4791-81fe-4c455b099bc9";
const SESSION: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

/// Collects the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn verifier(answer: Result<bool, PortError>) -> TokenVerifier {
    let now = datetime!(2026-07-10 14:17 UTC);
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_verify().returning(move |token, _| match token {
        "valid" => Ok(AccessClaims {
            token_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse().unwrap(),
            user_id: USER.parse().unwrap(),
            tenant_id: "5f8a3b2c-1d9e-4f6a-8b8c-9d0e1f2a3b4c".parse().unwrap(),
            email: Email::parse("owner@example.com").unwrap(),
            role: Role::Owner,
            session_id: Some(SESSION.parse().unwrap()),
            issued_at: None,
            expires_at: now + time::Duration::minutes(15),
        }),
        _ => Err(InvalidAccessToken::Malformed),
    });
    let mut denylist = MockDenylist::new();
    denylist.expect_contains().return_once(move |_, _| answer);
    let verify = VerifyAccessToken { access_tokens: Arc::new(access_tokens), denylist: Arc::new(denylist) };
    let clock: Arc<dyn Clock> = Arc::new(fixed_clock(now, SystemClock.instant()));
    TokenVerifier::new(verify, clock)
}

/// Verifies a token within a request span, and returns the log lines.
async fn log_of(verifier: TokenVerifier, token: &str) -> Vec<Value> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let request =
        TestRequest::get().insert_header(("authorization", format!("Bearer {token}"))).to_http_request();
    let span = info_span!("request", request_id = "r-1", user_id = Empty, session_id = Empty);
    let work = async {
        let is_rejected = verifier.verify(&request).await.is_err();
        assert_eq!(request.extensions().contains::<RejectionLogged>(), is_rejected);
        info!(event = "request", "end of the request");
    };
    work.instrument(span).await;
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn a_verified_token_sets_user_and_session_of_the_span() {
    let log = log_of(verifier(Ok(false)), "valid").await;
    let [end] = &log[..] else { panic!("{log:?}") };
    assert_eq!((&end["span"]["user_id"], &end["span"]["session_id"]), (&USER.into(), &SESSION.into()));
}

#[actix_web::test]
async fn a_rejected_token_is_logged_within_the_span_and_sets_nothing() {
    for (verifier, token, reason) in
        [(verifier(Ok(true)), "valid", "revoked"), (verifier(Ok(false)), "nonsense", "malformed")]
    {
        let log = log_of(verifier, token).await;
        let [rejection, end] = &log[..] else { panic!("{log:?}") };
        assert_eq!(rejection["fields"]["event"], "access_token_rejected");
        assert_eq!(rejection["fields"]["reason"], reason);
        assert_eq!(rejection["span"]["request_id"], "r-1");
        assert!(end["span"].get("user_id").is_none(), "{end}");
    }
}

#[actix_web::test]
async fn an_outage_is_a_warning_and_a_misconfiguration_an_error() {
    for (error, level, event) in [
        (PortError::unavailable("no answer"), "WARN", "unavailable"),
        (PortError::misconfigured("no answer"), "ERROR", "defect"),
    ] {
        let log = log_of(verifier(Err(error)), "valid").await;
        let [outage, _] = &log[..] else { panic!("{log:?}") };
        assert_eq!((&outage["level"], &outage["fields"]["event"]), (&level.into(), &event.into()));
        assert_eq!(outage["fields"]["reason"], "no answer");
    }
}
