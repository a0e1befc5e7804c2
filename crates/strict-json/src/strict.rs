//! The rule about names, applied to every object inside.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::names::Names;
use crate::number::NUMBER;

/// The rule about names while one text is read.
#[derive(Clone, Copy)]
pub(crate) struct NameRule<'r> {
    /// The fields that a name in another case stands for; `None` if case matters.
    pub(crate) folded: Option<&'static [&'static str]>,
    /// The first name that an object has twice.
    pub(crate) repeated: &'r RefCell<Option<String>>,
}

/// Wraps each part of serde on the way down to the next object.
pub(crate) struct Strict<'r, T> {
    inner: T,
    rule: NameRule<'r>,
}

impl<'r, T> Strict<'r, T> {
    /// Wraps the parser.
    pub(crate) const fn new(inner: T, rule: NameRule<'r>) -> Self {
        Self { inner, rule }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict::new(deserializer, self.rule))
    }
}

/// Reads each value by its type in the text, whatever type is requested. Otherwise the content of ignored values would not be read.
impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Strict::new(visitor, self.rule))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        match name {
            // It is requested as it is written, and has no member that the rule applies to.
            NUMBER => self.inner.deserialize_newtype_struct(name, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.inner.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.inner.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.inner.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.inner.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.inner.visit_borrowed_str(value)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Strict::new(elements, self.rule))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(StrictMap { members, names: Names::default(), rule: self.rule })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(Strict::new(seed, self.rule))
    }
}

/// The members of one object, none of which may have the name of another.
struct StrictMap<'de, 'r, A> {
    members: A,
    names: Names<'de>,
    rule: NameRule<'r>,
}

/// A name, borrowed from the text if no character of it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StrictMap<'de, '_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(Name(name)) = self.members.next_key()? else { return Ok(None) };
        let name = self.rule.fold(name);
        let key = match &name {
            Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Cow::Owned(name) => seed.deserialize(StrDeserializer::new(name)),
        };
        // This comes before the value, so that the position in the message is that of the name.
        if !self.names.insert(name.clone()) {
            self.rule.repeated.replace(Some(name.into_owned()));
            return Err(A::Error::custom("a member is repeated"));
        }
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.members.next_value_seed(Strict::new(seed, self.rule))
    }
}

impl NameRule<'_> {
    /// Returns the one spelling of a name: that of the field, and lower case if it is no field.
    fn fold<'de>(&self, name: Cow<'de, str>) -> Cow<'de, str> {
        let Some(fields) = self.folded else { return name };
        if let Some(field) = fields.iter().find(|field| field.eq_ignore_ascii_case(&name)) {
            return Cow::Borrowed(*field);
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(name.to_ascii_lowercase());
        }
        name
    }
}
