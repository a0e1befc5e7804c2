//! Texts in claims.

use std::borrow::Cow;

use serde::Deserialize;

/// A text, borrowed from the payload if no character of it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);
