use auth_domain::model::{AccessClaims, Email, Role, SessionId, TenantId, TokenId, UserId};
use auth_domain::ports::{AccessTokens, InvalidAccessToken};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::JwtAccessTokens;
use crate::compact;
use crate::config::JwtConfig;
use crate::error::ConfigError;
use crate::signing_key::SigningKey;

const OLD: &str = "old-key-KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg";
const NEW: &str = "new-key-Q6tWv1yZb4nRj9sXk2pLf7hGd0mCe3Au";

fn config(key: &str, previous: &[&str]) -> JwtConfig {
    let secret = |text: &str| SigningKey::new(text.to_owned()).unwrap();
    JwtConfig {
        key: secret(key),
        previous_keys: previous.iter().map(|text| secret(text)).collect(),
        key_id: None,
        issuer: "hooksentry-api".to_owned(),
        audience: "hooksentry-client".to_owned(),
    }
}

fn tokens(key: &str, previous: &[&str]) -> JwtAccessTokens {
    JwtAccessTokens::new(config(key, previous)).unwrap()
}

fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_783_693_920).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        token_id: TokenId::from_uuid(Uuid::from_u128(1)),
        user_id: UserId::from_uuid(Uuid::from_u128(2)),
        tenant_id: TenantId::from_uuid(Uuid::from_u128(3)),
        email: Email::parse("owner@example.com").unwrap(),
        role: Role::Owner,
        session_id: Some(SessionId::from_uuid(Uuid::from_u128(4))),
        issued_at: Some(start()),
        expires_at: start() + Duration::seconds(900),
    }
}

fn issue(tokens: &JwtAccessTokens) -> String {
    tokens.issue(&claims()).unwrap().expose().to_owned()
}

/// Signs any payload, with the configured header.
fn signed(tokens: &JwtAccessTokens, payload: &str) -> String {
    let message = format!("{}.{}", tokens.header, compact::encode(payload));
    format!("{message}.{}", tokens.keys.sign(&message).unwrap())
}

/// Returns the claims as JSON, with one member replaced or removed.
fn payload_with(name: &str, value: Option<Value>) -> String {
    let mut payload = json!({
        "sub": Uuid::from_u128(2).to_string(), "jti": Uuid::from_u128(1).to_string(),
        "email": "owner@example.com", "tenant_id": Uuid::from_u128(3).to_string(), "role": "Owner",
        "exp": 1_783_694_820, "iss": "hooksentry-api", "aud": "hooksentry-client",
    });
    match value {
        Some(value) => payload[name] = value,
        None => drop(payload.as_object_mut().unwrap().remove(name)),
    }
    payload.to_string()
}

// S-32
#[test]
fn a_token_has_at_most_4096_bytes() {
    let tokens = tokens(NEW, &[]);
    let of = |padding: usize| signed(&tokens, &payload_with("x", Some("x".repeat(padding).into())));
    let longest = (0..4_096).map(of).take_while(|token| token.len() <= 4_096).last().unwrap();
    assert!(longest.len() > 4_090 && tokens.verify(&longest, start()).is_ok());
    let next = of(4_096);
    assert_eq!(tokens.verify(&next, start()), Err(InvalidAccessToken::Malformed));
}

#[test]
fn the_times_of_a_known_token_are_checked_again() {
    let tokens = tokens(NEW, &[]);
    let token = issue(&tokens);
    let verify = |seconds: i64| tokens.verify(&token, start() + Duration::seconds(seconds));
    assert_eq!(verify(0), Ok(claims()));
    assert_eq!(verify(904), Ok(claims()));
    assert_eq!(verify(905), Err(InvalidAccessToken::Expired));
    assert_eq!(verify(-5), Ok(claims()));
    assert_eq!(verify(-6), Err(InvalidAccessToken::NotYetValid));
    assert_eq!(
        tokens.verify(&token, OffsetDateTime::UNIX_EPOCH - Duration::SECOND),
        Err(InvalidAccessToken::NotYetValid)
    );
}

// S-29
#[test]
fn a_text_that_differs_from_a_known_token_is_read_again() {
    let tokens = tokens(NEW, &[]);
    let token = issue(&tokens);
    assert!(tokens.verify(&token, start()).is_ok());
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(tokens.verify(&changed, start()).is_err(), "byte {at}");
        assert!(tokens.verify(&token[..at], start()).is_err(), "the first {at} bytes");
    }
    assert_eq!(tokens.verify(&token, start()), Ok(claims()));
}

#[test]
fn an_issued_token_verifies_to_its_claims() {
    let tokens = tokens(NEW, &[]);
    assert_eq!(tokens.verify(&issue(&tokens), start()), Ok(claims()));
    let bare = AccessClaims { session_id: None, issued_at: None, ..claims() };
    let token = tokens.issue(&bare).unwrap();
    assert_eq!(tokens.verify(token.expose(), start()), Ok(bare));
}

#[test]
fn an_issued_token_has_exactly_the_documented_header_and_claims() {
    let token = issue(&tokens(NEW, &[]));
    let (signed, _) = token.rsplit_once('.').unwrap();
    let payload = concat!(
        r#"{"sub":"00000000-0000-0000-0000-000000000002","jti":"00000000-0000-0000-0000-000000000001","#,
        r#""email":"owner@example.com","tenant_id":"00000000-0000-0000-0000-000000000003","role":"Owner","#,
        r#""iat":1783693920,"exp":1783694820,"iss":"hooksentry-api","aud":"hooksentry-client","#,
        r#""sid":"00000000-0000-0000-0000-000000000004"}"#,
    );
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    assert_eq!(signed, format!("{}.{}", compact::encode(header), compact::encode(payload)));
}

// S-36
#[test]
fn a_token_expires_at_900_seconds_plus_the_leeway() {
    let tokens = tokens(NEW, &[]);
    let token = issue(&tokens);
    let at = |milliseconds| tokens.verify(&token, start() + Duration::milliseconds(milliseconds));
    assert!(at(899_000).is_ok());
    assert!(at(904_999).is_ok());
    assert_eq!(at(905_000), Err(InvalidAccessToken::Expired));
}

// S-37
#[test]
fn a_token_from_the_future_is_rejected_beyond_the_leeway() {
    let tokens = tokens(NEW, &[]);
    let token = issue(&tokens);
    assert!(tokens.verify(&token, start() - Duration::seconds(5)).is_ok());
    assert_eq!(
        tokens.verify(&token, start() - Duration::milliseconds(5_001)),
        Err(InvalidAccessToken::NotYetValid)
    );
    let with_nbf = |seconds: i64| signed(&tokens, &payload_with("nbf", Some(json!(1_783_693_920 + seconds))));
    assert!(tokens.verify(&with_nbf(5), start()).is_ok());
    assert_eq!(tokens.verify(&with_nbf(6), start()), Err(InvalidAccessToken::NotYetValid));
}

// S-34
#[test]
fn a_missing_or_mistyped_required_claim_is_rejected() {
    let tokens = tokens(NEW, &[]);
    for name in ["sub", "jti", "exp", "iss", "aud", "tenant_id", "email", "role"] {
        for value in
            [None, Some(json!(null)), Some(json!(-1)), Some(json!(-0.5)), Some(json!([])), Some(json!(""))]
        {
            let token = signed(&tokens, &payload_with(name, value.clone()));
            let rejected = Err(InvalidAccessToken::ClaimsRejected);
            assert_eq!(tokens.verify(&token, start()), rejected, "{name} {value:?}");
        }
    }
}

// S-34
#[test]
fn a_mistyped_optional_claim_is_rejected() {
    let tokens = tokens(NEW, &[]);
    for (name, value) in [
        ("iat", json!(null)),
        ("iat", json!("1783693920")),
        ("iat", json!(-1_783_693_920.5)),
        ("nbf", json!(-1)),
        ("nbf", json!("1783693920")),
        ("sid", json!(7)),
        ("sid", json!("x")),
    ] {
        let token = signed(&tokens, &payload_with(name, Some(value)));
        assert_eq!(tokens.verify(&token, start()), Err(InvalidAccessToken::ClaimsRejected), "{name}");
    }
    assert!(tokens.verify(&signed(&tokens, &payload_with("nonce", Some(json!([1])))), start()).is_ok());
}

/// Returns a token whose payload has a member with this text.
fn token_with_text(tokens: &JwtAccessTokens, name: &str, text: &str) -> String {
    let payload = payload_with(name, Some(json!("REPLACED")));
    signed(tokens, &payload.replace("\"REPLACED\"", text))
}

// S-34, S-36
#[test]
fn a_fraction_never_makes_a_token_live_longer() {
    let tokens = tokens(NEW, &[]);
    for text in ["1783694820", "1783694820.9999999999", "1.7836948209999999999999e9", "17836948205e-1"] {
        let token = token_with_text(&tokens, "exp", text);
        let at = |milliseconds| tokens.verify(&token, start() + Duration::milliseconds(milliseconds));
        assert_eq!(at(904_999).unwrap().expires_at, start() + Duration::seconds(900), "{text}");
        assert_eq!(at(905_000), Err(InvalidAccessToken::Expired), "{text}");
    }
    let early = token_with_text(&tokens, "exp", "1783694819.9999999999");
    assert_eq!(tokens.verify(&early, start() + Duration::seconds(904)), Err(InvalidAccessToken::Expired));
}

// S-34, S-37
#[test]
fn a_fraction_never_makes_a_token_valid_earlier() {
    let tokens = tokens(NEW, &[]);
    for name in ["iat", "nbf"] {
        let verified = |text| tokens.verify(&token_with_text(&tokens, name, text), start());
        for text in ["1783693925", "1783693925.0", "1.783693925e9", "1783693924.0000000001"] {
            assert!(verified(text).is_ok(), "{name} {text}");
        }
        for text in ["1783693925.0000000001", "17836939250000001e-7", "1783693926", "1e10", "1e19"] {
            assert_eq!(verified(text), Err(InvalidAccessToken::NotYetValid), "{name} {text}");
        }
    }
    let token = token_with_text(&tokens, "iat", "1783693919.25");
    assert_eq!(tokens.verify(&token, start()).unwrap().issued_at, Some(start()));
}

// S-34
#[test]
fn a_time_that_is_no_number_in_range_is_rejected() {
    let tokens = tokens(NEW, &[]);
    for name in ["exp", "iat", "nbf"] {
        for text in [
            "null",
            "\"1783694820\"",
            "true",
            "[]",
            "{}",
            "-1",
            "-0",
            "-0.5",
            "1e999",
            "1e20",
            "9e99999999999999999999",
        ] {
            let verified = tokens.verify(&token_with_text(&tokens, name, text), start());
            let rejected = [InvalidAccessToken::ClaimsRejected, InvalidAccessToken::Malformed];
            assert!(
                verified.as_ref().is_err_and(|error| rejected.contains(error)),
                "{name} {text}: {verified:?}"
            );
        }
    }
    assert_eq!(
        tokens.verify(&token_with_text(&tokens, "exp", "253402300800.5"), start()),
        Err(InvalidAccessToken::ClaimsRejected)
    );
}

#[test]
fn times_beyond_the_calendar_and_ids_in_another_spelling_are_rejected() {
    let tokens = tokens(NEW, &[]);
    for (name, value) in [
        ("exp", json!(u64::MAX)),
        ("exp", json!(253_402_300_800_u64)),
        ("jti", json!("00000000-0000-0000-0000-00000000000A")),
        ("jti", json!("00000000000000000000000000000001")),
        ("sub", json!("{00000000-0000-0000-0000-000000000002}")),
    ] {
        let token = signed(&tokens, &payload_with(name, Some(value)));
        assert_eq!(tokens.verify(&token, start()), Err(InvalidAccessToken::ClaimsRejected), "{name}");
    }
}

// S-35
#[test]
fn issuer_and_audience_match_exactly() {
    let tokens = tokens(NEW, &[]);
    let verified = |name, value| tokens.verify(&signed(&tokens, &payload_with(name, Some(value))), start());
    assert!(verified("aud", json!(["hooksentry-client"])).is_ok());
    for aud in [json!("hooksentry"), json!(["Hooksentry-client"]), json!(["hooksentry-client", 7])] {
        assert_eq!(verified("aud", aud), Err(InvalidAccessToken::ClaimsRejected));
    }
    assert_eq!(verified("iss", json!("hooksentry-api/")), Err(InvalidAccessToken::ClaimsRejected));
    assert_eq!(verified("iss", json!(["hooksentry-api"])), Err(InvalidAccessToken::ClaimsRejected));
}

// S-30
#[test]
fn the_signature_is_checked_before_the_claims() {
    let other = tokens(OLD, &[]);
    let tokens = tokens(NEW, &[]);
    for payload in ["x", "{}", &payload_with("exp", Some(json!(0)))] {
        let token = signed(&other, payload);
        assert_eq!(tokens.verify(&token, start()), Err(InvalidAccessToken::SignatureMismatch));
    }
}

// S-39
#[test]
fn a_rolling_key_change_rejects_no_token_of_any_instance() {
    let steps = [tokens(OLD, &[]), tokens(OLD, &[NEW]), tokens(NEW, &[OLD]), tokens(NEW, &[])];
    for pair in steps.windows(2) {
        for (signer, verifier) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            assert!(verifier.verify(&issue(signer), start()).is_ok());
        }
    }
    let rejected = Err(InvalidAccessToken::SignatureMismatch);
    assert_eq!(
        steps[3].verify(&issue(&steps[0]), start()),
        rejected,
        "the old key was removed in the last step"
    );
}

// S-31
#[test]
fn a_configured_key_id_is_written_and_required() {
    let plain = tokens(NEW, &[]);
    let named =
        JwtAccessTokens::new(JwtConfig { key_id: Some("k1".to_owned()), ..config(NEW, &[]) }).unwrap();
    let token = issue(&named);
    let header = compact::encode(r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#);
    assert!(token.starts_with(&format!("{header}.")));
    assert!(named.verify(&token, start()).is_ok());
    assert_eq!(plain.verify(&token, start()), Err(InvalidAccessToken::HeaderRejected));
    assert!(named.verify(&issue(&plain), start()).is_ok(), "a token without `kid` is accepted");
}

#[test]
fn an_unusable_text_is_rejected_with_the_name_of_its_setting() {
    let rejected = |config| JwtAccessTokens::new(config).err();
    let long = "x".repeat(257);
    assert_eq!(
        rejected(JwtConfig { issuer: String::new(), ..config(NEW, &[]) }),
        Some(ConfigError::Empty { setting: "JWT__ISSUER" })
    );
    assert_eq!(
        rejected(JwtConfig { audience: long, ..config(NEW, &[]) }),
        Some(ConfigError::TooLong { setting: "JWT__AUDIENCE", limit: 256 })
    );
    let error = rejected(JwtConfig { key_id: Some(String::new()), ..config(NEW, &[]) }).unwrap();
    assert!(error.to_string().starts_with("JWT__KEY_ID is empty"));
}

// S-83
#[test]
fn debug_of_the_configuration_shows_no_key() {
    let text = format!("{:?}", config(NEW, &[OLD]));
    assert!(
        !text.contains("KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg")
            && !text.contains("Q6tWv1yZb4nRj9sXk2pLf7hGd0mCe3Au")
    );
}

proptest! {
    // S-32
    #[test]
    fn no_other_text_verifies_or_panics(text in any::<String>()) {
        prop_assert!(tokens(NEW, &[]).verify(&text, start()).is_err());
    }

    #[test]
    fn no_payload_panics(payload in any::<String>(), seconds in -400_000_000_000_i64..400_000_000_000) {
        let tokens = tokens(NEW, &[]);
        let now = OffsetDateTime::from_unix_timestamp(seconds.clamp(-62_135_596_800, 253_402_300_799)).unwrap();
        prop_assert!(tokens.verify(&signed(&tokens, &payload), now).is_err());
    }

    // S-30, S-32
    #[test]
    fn a_token_with_one_changed_character_does_not_verify(at in any::<prop::sample::Index>(), by in any::<char>()) {
        let tokens = tokens(NEW, &[]);
        let token = issue(&tokens);
        let at = at.index(token.len());
        let replaced = format!("{}{by}{}", &token[..at], &token[at + 1..]);
        let inserted = format!("{}{by}{}", &token[..at], &token[at..]);
        let removed = format!("{}{}", &token[..at], &token[at + 1..]);
        prop_assert!(replaced == token || tokens.verify(&replaced, start()).is_err());
        prop_assert!(tokens.verify(&inserted, start()).is_err());
        prop_assert!(tokens.verify(&removed, start()).is_err());
    }
}
