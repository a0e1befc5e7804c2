//! JSON objects in which every member is named once.
//!
//! Of two members of one name, parsers keep the first or the last; a token on which two services
//! read different claims must not exist.

mod strict;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use strict::Strict;

/// Reads an object; `None` for anything else, and for a member that is named twice at any depth.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    read(bytes)
}

/// Reads an object straight into `T`; `None` where [`object`] says so, and where it is no `T`.
///
/// Members that `T` ignores are looked into all the same.
pub(crate) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    // Asked for a map: a struct alone would be read from an array too.
    let read = json.deserialize_map(Object(PhantomData)).ok()?;
    json.end().ok()?;
    Some(read)
}

/// A text, borrowed from what is read where no character of it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(Unique::new(members)))
    }
}

/// The members of one object, of which none may have the name of another.
struct Unique<'de, A> {
    members: A,
    /// Unescaped, and in order: who sends very many must not make us compare each with all.
    names: BTreeSet<Cow<'de, str>>,
}

impl<A> Unique<'_, A> {
    fn new(members: A) -> Self {
        Self { members, names: BTreeSet::new() }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Unique<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(Text(name)) = self.members.next_key()? else { return Ok(None) };
        let key = match &name {
            Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Cow::Owned(name) => seed.deserialize(StrDeserializer::new(name)),
        };
        if !self.names.insert(name) {
            return Err(A::Error::custom("a member is repeated"));
        }
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.members.next_value_seed(Strict(seed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = br#" {"a":[1,-1,0.5,"x",true,null],"b":{"c":{}}} "#;
        let expected = json!({"a": [1, -1, 0.5, "x", true, null], "b": {"c": {}}});
        assert_eq!(object(text).map(Value::Object), Some(expected));
    }

    // S-32
    #[test]
    fn a_repeated_member_is_rejected_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[{"b":1,"b":1}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_rejected() {
        for text in ["", "x", "[]", "7", "null", "{}x", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}", "\u{feff}{}"]
        {
            assert_eq!(object(text.as_bytes()), None, "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(object(format!("{{\"a\":{}{}}}", "[".repeat(999), "]".repeat(999)).as_bytes()), None);
    }

    #[test]
    fn a_struct_is_read_from_an_object_alone() {
        #[derive(Deserialize)]
        struct One<'a> {
            #[serde(borrow)]
            a: Text<'a>,
        }
        let text = |text: &'static str| read::<One<'_>>(text.as_bytes()).map(|one| one.a.0);
        assert!(matches!(text(r#"{"a":"x","b":[{}]}"#), Some(Cow::Borrowed("x"))));
        assert_eq!(text(r#"{"\u0061":"\u0078"}"#).as_deref(), Some("x"));
        for rejected in [r#"["x"]"#, r#"[{"a":"x"}]"#, r#"{"a":7}"#, "{}", r#"{"a":"x","b":{"c":1,"c":1}}"#] {
            assert_eq!(text(rejected), None, "{rejected}");
        }
    }

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
        let plain =
            prop::sample::select(vec!["null", "true", "-7", "0.5", "\"x\"", "\"\\u0061\"", "[]", "{}"]);
        let plain = plain.prop_map(|text| Sample { text: text.to_owned(), repeats: false });
        plain.prop_recursive(4, 32, 4, |inner| {
            let members = prop::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..4);
            let elements = prop::collection::vec(inner, 0..4);
            prop_oneof![
                elements.prop_map(|elements| array(&elements)),
                members.prop_map(|members| map(&members))
            ]
        })
    }

    fn array(elements: &[Sample]) -> Sample {
        let texts: Vec<_> = elements.iter().map(|element| element.text.as_str()).collect();
        Sample {
            text: format!("[{}]", texts.join(",")),
            repeats: elements.iter().any(|element| element.repeats),
        }
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
        fn a_repeated_member_is_rejected_wherever_it_is_and_nothing_else(inside in samples()) {
            let text = format!("{{\"a\":{}}}", inside.text);
            let value: Value = serde_json::from_str(&text).unwrap();
            let expected = (!inside.repeats).then_some(value);
            prop_assert_eq!(object(text.as_bytes()).map(Value::Object), expected, "{}", text);
            prop_assert_eq!(read::<IgnoredAny>(text.as_bytes()).is_none(), inside.repeats, "{}", text);
        }
    }
}
