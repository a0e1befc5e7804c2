//! Values of which only texts and objects matter.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A type of JSON values; `Display` adds its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `"text"`
    String,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// `7`
    Number,
    /// `[]`
    Array,
    /// `{}`
    Object,
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A member of an object that should be a text. It deserializes from any value, so that a struct of such members can report all
/// that are at fault; give each member `#[serde(default)]`.
#[derive(Debug, Default)]
pub enum Member<T = IgnoredAny> {
    /// The object has no such member.
    #[default]
    Missing,
    /// A text, wiped from memory when it is dropped.
    Text(Zeroizing<String>),
    /// An object.
    Object(T),
    /// A value of another type, which is not kept.
    Other(JsonType),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor(PhantomData))
    }
}

struct MemberVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MemberVisitor<T> {
    type Value = Member<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member<T>, E> {
        Ok(Member::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Member<T>, E> {
        Ok(Member::Other(JsonType::Null))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Member<T>, E> {
        Ok(Member::Other(JsonType::Boolean))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Member<T>, E> {
        Ok(Member::Other(JsonType::Number))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Member<T>, E> {
        Ok(Member::Other(JsonType::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Member<T>, E> {
        Ok(Member::Other(JsonType::Number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Member<T>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other(JsonType::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Member<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Member::Object)
    }
}
