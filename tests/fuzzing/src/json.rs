//! JSON from outside.

use std::collections::BTreeMap;

use auth_strict_json::{Error, Member, Options, object};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

const AS_A_CLIENT: Options = Options { skip_byte_order_mark: true, fold_names: true };

/// An accepted object has the value that `serde_json` reads, and a rejected one has a fault that `serde_json` overlooks.
pub(crate) fn json(input: &[u8]) {
    let strict = object::<Map<String, Value>>(input, Options::default());
    let lenient = serde_json::from_slice::<Value>(input);
    // `serde_json::Value` gives a meaning to member names of its own.
    let is_special = String::from_utf8_lossy(input).contains("$serde");
    match (&strict, &lenient) {
        _ if is_special => {}
        (Ok(object), Ok(value)) => {
            assert_eq!(Some(object), value.as_object());
            assert_eq!(members(input), Some(count(value)), "a member is repeated");
        }
        (Ok(object), Err(error)) => panic!("only the strict reader accepts {object:?}: {error}"),
        (Err(Error::Repeated { .. }), Ok(value)) => assert!(members(input) > Some(count(value))),
        (Err(Error::NotAnObject(_)), Ok(value)) => assert!(!value.is_object()),
        (Err(error), Ok(value)) => panic!("only serde_json accepts {value}: {error}"),
        (Err(_), Err(_)) => {}
    }
    let ignored = object::<IgnoredAny>(input, Options::default());
    let texts = object::<BTreeMap<String, Member>>(input, Options::default());
    assert_eq!(ignored.is_ok(), texts.is_ok());
    assert!(is_special || ignored.is_ok() == strict.is_ok(), "the type decides what is accepted");
    let folded = object::<IgnoredAny>(input, AS_A_CLIENT);
    assert!(
        folded.is_err() || ignored.is_ok() || input.starts_with(b"\xef\xbb\xbf"),
        "folding accepts more names"
    );
}

/// Returns the number of members of all objects inside.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.len() + members.values().map(count).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Returns the number of members as they are written, repeated ones too.
fn members(input: &[u8]) -> Option<usize> {
    serde_json::from_slice::<Written>(input).ok().map(|written| written.0)
}

/// The number of members of all objects inside a text.
struct Written(usize);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_str<E>(self, _: &str) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some(Written(item)) = items.next_element()? {
            sum += item;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some((_, Written(value))) = entries.next_entry::<String, Written>()? {
            sum += 1 + value;
        }
        Ok(sum)
    }
}
