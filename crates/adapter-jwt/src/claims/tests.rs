use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// Values that replace a claim in some payloads: of another type, escaped, or no JSON.
const OTHERS: &[&str] = &[
    "null",
    "true",
    "7",
    "-7",
    "-0",
    "7.0",
    "1e2",
    "1e999",
    "18446744073709551616",
    r#""x""#,
    r#""\u0061\n""#,
    r#""\ud800""#,
    "[]",
    r#"["a","\u0062"]"#,
    "[7]",
    "{}",
    r#"{"a":1,"a":1}"#,
    r#"{"a":[{}]}"#,
    "",
];

/// Valid claims; one of them is there twice in some payloads.
const GOOD: &[(&str, &str, f64)] = &[
    ("sub", r#""00000000-0000-0000-0000-000000000002""#, 0.97),
    ("jti", r#""a8098c1a-f86e-41da-bd1a-00112444be1e""#, 0.97),
    ("email", r#""owner@example.com""#, 0.97),
    ("tenant_id", r#""00000000-0000-0000-0000-000000000003""#, 0.97),
    ("role", r#""Owner""#, 0.97),
    ("exp", "1783694820", 0.97),
    ("iss", r#""issuer""#, 0.97),
    ("aud", r#""audience""#, 0.97),
    ("iat", "1783693920", 0.5),
    ("nbf", "1783693920", 0.5),
    ("sid", r#""00000000-0000-0000-0000-000000000004""#, 0.5),
    ("nonce", r#"[{"a":1}]"#, 0.5),
    ("sub", r#""00000000-0000-0000-0000-000000000002""#, 0.05),
    ("\\u0073ub", r#""00000000-0000-0000-0000-000000000002""#, 0.1),
];

/// The text of an object with some claims, in any order.
fn payloads() -> impl Strategy<Value = String> {
    let members = GOOD.iter().map(|&(name, good, often)| {
        let text = prop_oneof![30 => Just(good), 1 => prop::sample::select(OTHERS)];
        prop::option::weighted(often, text.prop_map(move |text| format!("\"{name}\":{text}")))
    });
    let members: Vec<_> = members.collect();
    members
        .prop_shuffle()
        .prop_map(|members| format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(",")))
}

/// Reads a payload in two steps: as any JSON that repeats nothing, then as claims, without the strict reader.
fn in_two_steps(payload: &[u8]) -> Result<AccessClaims, InvalidAccessToken> {
    let _: Map<String, Value> =
        object(payload, Options::default()).map_err(|_| InvalidAccessToken::Malformed)?;
    let claims: Incoming<'_> =
        serde_json::from_slice(payload).map_err(|_| InvalidAccessToken::ClaimsRejected)?;
    claims.into_claims()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    // S-32, S-34
    #[test]
    fn one_reading_gives_the_same_result_as_two(payload in payloads()) {
        let judged = Incoming::parse(payload.as_bytes()).and_then(Incoming::into_claims);
        prop_assert_eq!(judged, in_two_steps(payload.as_bytes()), "{}", payload);
    }

    #[test]
    fn an_id_has_one_spelling(text in "[0-9a-fA-F]{8}(-?[0-9a-f]{4}){3}-?[0-9a-fA-F]{12}") {
        let is_canonical = text.len() == 36 && text == text.to_lowercase();
        prop_assert_eq!(TokenId::from_canonical(&text).map(|id| id.to_string()), is_canonical.then_some(text));
    }
}
