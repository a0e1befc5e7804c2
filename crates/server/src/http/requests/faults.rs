//! The faults of the fields of a request body.

use std::fmt::Display;

use auth_strict_json::{JsonType, Member};
use zeroize::Zeroizing;

use crate::http::error::ApiError;

/// The faults of one body, as sentences. A response reports all of them at once.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// Returns the text of a required member that is not blank.
    pub(super) fn text(&mut self, name: &str, member: Member) -> Option<Zeroizing<String>> {
        let fault = match member {
            Member::Text(text) if !text.trim().is_empty() => return Some(text),
            Member::Text(_) => "must not be blank".to_owned(),
            Member::Object(_) => format!("must be a string, not {}", JsonType::Object),
            Member::Other(other) => format!("must be a string, not {other}"),
            Member::Missing => "is required".to_owned(),
        };
        self.0.push(format!("The field {name} {fault}."));
        None
    }

    /// Returns a text of at most `limit` bytes.
    pub(super) fn at_most(
        &mut self,
        name: &str,
        limit: usize,
        text: Zeroizing<String>,
    ) -> Option<Zeroizing<String>> {
        if text.len() <= limit {
            return Some(text);
        }
        self.0.push(format!("The {name} is longer than {limit} bytes."));
        None
    }

    /// Returns a value of the domain.
    pub(super) fn valid<T>(&mut self, value: Result<T, impl Display>) -> Option<T> {
        value.map_err(|error| self.0.push(sentence(&error.to_string()))).ok()
    }

    /// Returns the values of all fields; they are `None` if there is a fault.
    pub(super) fn check<T>(self, values: Option<T>) -> Result<T, ApiError> {
        values.ok_or_else(|| ApiError::InvalidRequest(self.0.join(" ")))
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
