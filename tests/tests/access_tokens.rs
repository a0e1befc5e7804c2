//! 401 `invalid_token`: access tokens that are invalid in any way.

use auth_e2e::{ALICE, Api, Installation, Server, jwt};
use reqwest::Method;
use serde_json::json;

const LOGOUT: &str = "/api/v1/auth/logout";
const ME: &str = "/api/v1/auth/me";
const VERIFY: &str = "/api/v1/auth/verify";

// S-29, S-31, S-34, S-35, S-37
#[tokio::test]
async fn every_invalid_access_token_is_401() {
    let key = b"KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
    let installation =
        Installation::new().set("JWT__KEY", &String::from_utf8_lossy(key)).with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let good = jwt::sign_hs256(&jwt::good_claims(), key);
    assert!(server.access_token_is_alive(&good).await);

    for claim in ["sub", "jti", "email", "tenant_id", "role", "exp", "iss", "aud"] {
        let mut claims = jwt::good_claims();
        claims.as_object_mut().unwrap().remove(claim);
        rejects_token(&server, &jwt::sign_hs256(&claims, key)).await;
        rejects_token(&server, &jwt::sign_hs256(&jwt::good_claims_but(claim, json!(null)), key)).await;
    }
    let bad = [
        ("iss", json!("someone-else")),
        ("aud", json!("someone-else")),
        ("exp", json!(1)),
        ("exp", json!("9999999999")),
        ("exp", json!(1.5)),
        ("exp", json!(-9_999_999_999.5)),
        ("exp", json!(1e300)),
    ];
    let more = [
        ("role", json!("God")),
        ("sub", json!("1")),
        ("iat", json!(9_999_999_999_u64)),
        ("nbf", json!(9_999_999_999_u64)),
        ("nbf", json!(9_999_999_999.5)),
        ("iat", json!("1")),
    ];
    let numbers =
        [("exp", json!(9_999_999_999.5)), ("exp", json!(1e10)), ("iat", json!(1.5)), ("nbf", json!(1.5e9))];
    for (claim, value) in numbers {
        let token = jwt::sign_hs256(&jwt::good_claims_but(claim, value), key);
        assert!(server.access_token_is_alive(&token).await, "{claim}");
    }
    for (claim, value) in bad.into_iter().chain(more) {
        rejects_token(&server, &jwt::sign_hs256(&jwt::good_claims_but(claim, value), key)).await;
    }
    for algorithm in
        [json!("none"), json!("None"), json!("HS384"), json!("RS256"), json!(null), json!(["HS256"])]
    {
        rejects_token(
            &server,
            &jwt::sign(&json!({ "alg": algorithm, "typ": "JWT" }), &jwt::good_claims(), key),
        )
        .await;
    }
    for (parameter, value) in
        [("jku", json!("https://example.com")), ("crit", json!(["exp"])), ("kid", json!("other"))]
    {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        header[parameter] = value;
        rejects_token(&server, &jwt::sign(&header, &jwt::good_claims(), key)).await;
    }
    rejects_token(
        &server,
        &jwt::sign_hs256(&jwt::good_claims(), b"another key of the very same decent length"),
    )
    .await;
}

// S-32
#[tokio::test]
async fn every_other_spelling_of_a_valid_token_is_401() {
    let server = Server::start().await;
    let good = server.log_in(ALICE).await.access;
    let (text, signature) = good.rsplit_once('.').unwrap();
    let first_part = good.split('.').next().unwrap();
    for spelling in [
        "nonsense".to_owned(),
        "..".to_owned(),
        text.to_owned(),
        format!("{text}."),
        format!("{good}="),
        format!("{good}.{signature}"),
        format!("{good}A"),
        good[1..].to_owned(),
        format!("{first_part}.{good}"),
        "A".repeat(5_000),
        good.to_lowercase(),
    ] {
        rejects_token(&server, &spelling).await;
    }
    assert!(server.access_token_is_alive(&good).await);
}

// S-44
#[tokio::test]
async fn a_missing_bearer_is_401_with_a_plain_challenge() {
    let server = Server::start().await;
    let rejected = server.post(LOGOUT, &json!({ "refreshToken": "x" })).await;
    let (me, verify) = (server.call(Method::GET, ME).await, server.call(Method::GET, VERIFY).await);
    for rejected in [rejected, me, verify] {
        rejected.expect_error(401, "invalid_token");
        assert_eq!(rejected.header("www-authenticate"), Some("Bearer"));
    }
}

async fn rejects_token(api: &Api, token: &str) {
    let rejected = api.logout(token, "x").await;
    for rejected in [rejected, api.me(token).await, api.verify(token).await] {
        rejected.expect_error(401, "invalid_token");
        let challenge = rejected.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge:?} for {token}");
    }
}
