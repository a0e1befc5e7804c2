//! JSON that has one meaning: a duplicate member anywhere, or text that is not Unicode, is rejected, so that
//! no two readers can disagree about a body (RFC 8259 §4, §8).

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::body_rejection::BodyRejection;

/// The members of a JSON object, in their order.
pub(super) type Members = Vec<(String, Member)>;

/// The value of a member; of numbers, Booleans and arrays, only the type is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Member {
    Text(Zeroizing<String>),
    Null,
    Boolean,
    Number,
    Array,
    Object(Members),
}

impl Member {
    /// Returns the JSON type, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Array => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Boolean)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        while items.next_element::<Member>()?.is_some() {}
        Ok(Member::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let mut seen = HashSet::new();
        let mut members = Members::new();
        while let Some(name) = map.next_key::<String>()? {
            // This is checked before the value is read, so that the position in the message is that of the name.
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(BodyRejection::duplicate(&name)));
            }
            members.push((name, map.next_value()?));
        }
        Ok(Member::Object(members))
    }
}

/// Parses a whole body.
///
/// # Errors
/// The first fault of the body.
pub(super) fn parse(body: &[u8]) -> Result<Members, BodyRejection> {
    if body.trim_ascii().is_empty() {
        return Err(BodyRejection::Empty);
    }
    let text = std::str::from_utf8(body).map_err(|error| BodyRejection::NotUtf8(error.valid_up_to()))?;
    match serde_json::from_str(text) {
        Ok(Member::Object(members)) => Ok(members),
        Ok(other) => Err(BodyRejection::NotAnObject(other.kind())),
        Err(error) => Err(BodyRejection::of(&error)),
    }
}
