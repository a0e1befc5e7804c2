//! Reading an object.

use std::cell::RefCell;

use serde::Deserialize;

use crate::error::{Error, Position};
use crate::fields::fields_of;
use crate::member::{JsonType, Member};
use crate::strict::{NameRule, Strict};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the reader accepts beyond strict JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether a byte order mark in front of the text is skipped; it is a syntax error otherwise.
    pub skip_byte_order_mark: bool,
    /// Whether names that differ only in the case of ASCII letters are one name. The type then reads its fields in any case.
    pub fold_names: bool,
}

/// Reads an object into `T`, which may borrow from the text.
///
/// Each value is passed to `T` with the type that it has in the text. An `Option` in `T` therefore needs a `deserialize_with`.
///
/// # Errors
/// The first fault of the text, or [`Error::OtherType`] if the object is no `T`. In that case the rest of the text is not checked.
pub fn object<'de, T: Deserialize<'de>>(text: &'de [u8], options: Options) -> Result<T, Error> {
    let text = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) if options.skip_byte_order_mark => rest,
        Some(_) | None => text,
    };
    if text.trim_ascii().is_empty() {
        return Err(Error::Empty);
    }
    let text = str::from_utf8(text).map_err(|error| Error::NotUtf8 { valid_bytes: error.valid_up_to() })?;
    let repeated = RefCell::new(None);
    let rule = NameRule { folded: options.fold_names.then(fields_of::<T>), repeated: &repeated };
    match read(text, rule) {
        Ok(Member::Object(object)) => Ok(object),
        Ok(Member::Text(_)) => Err(Error::NotAnObject(JsonType::String)),
        Ok(Member::Other(other)) => Err(Error::NotAnObject(other)),
        Ok(Member::Missing) => Err(Error::Empty),
        Err(error) => Err(match repeated.take() {
            Some(name) => {
                let field = fields_of::<T>().iter().find(|field| **field == name).copied();
                Error::Repeated { field, position: Position::of(&error) }
            }
            None => Error::of(&error),
        }),
    }
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, rule: NameRule<'_>) -> serde_json::Result<Member<T>> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = Member::deserialize(Strict::new(&mut parser, rule))?;
    parser.end()?;
    Ok(value)
}
