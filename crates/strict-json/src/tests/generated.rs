use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::any_object;
use crate::{Options, object};

/// A text of JSON.
#[derive(Clone, Debug)]
struct Sample {
    text: String,
    /// Whether a member is repeated somewhere in it.
    repeats: bool,
}

/// Names, each as it is spelt in a text.
const NAMES: &[(&str, &str)] =
    &[("a", "a"), ("a", "\\u0061"), ("b", "b"), ("\"", "\\\""), ("\"", "\\u0022"), ("", "")];

fn samples() -> impl Strategy<Value = Sample> {
    let plain = prop::sample::select(vec!["null", "true", "-7", "0.5", "\"x\"", "\"\\u0061\"", "[]", "{}"]);
    let plain = plain.prop_map(|text| Sample { text: text.to_owned(), repeats: false });
    plain.prop_recursive(4, 32, 4, |inner| {
        let members = prop::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..4);
        let elements = prop::collection::vec(inner, 0..4);
        prop_oneof![elements.prop_map(|elements| array(&elements)), members.prop_map(|members| map(&members))]
    })
}

fn array(elements: &[Sample]) -> Sample {
    let texts: Vec<_> = elements.iter().map(|element| element.text.as_str()).collect();
    Sample { text: format!("[{}]", texts.join(",")), repeats: elements.iter().any(|element| element.repeats) }
}

fn map(members: &[((&str, &str), Sample)]) -> Sample {
    let names: BTreeSet<_> = members.iter().map(|((name, _), _)| name).collect();
    let texts: Vec<_> =
        members.iter().map(|((_, spelt), value)| format!("\"{spelt}\":{}", value.text)).collect();
    Sample {
        text: format!("{{{}}}", texts.join(",")),
        repeats: names.len() < members.len() || members.iter().any(|(_, value)| value.repeats),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    // S-32
    #[test]
    fn exactly_the_texts_with_a_repeated_member_are_rejected(inside in samples()) {
        let text = format!("{{\"a\":{}}}", inside.text);
        let value: Value = serde_json::from_str(&text).unwrap();
        let expected = (!inside.repeats).then_some(value);
        prop_assert_eq!(any_object(text.as_bytes()).map(Value::Object).ok(), expected, "{}", text);
        prop_assert_eq!(object::<IgnoredAny>(text.as_bytes(), Options::default()).is_err(), inside.repeats, "{}", text);
    }
}
