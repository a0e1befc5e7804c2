//! The faults of a request body that is not the JSON object it has to be.

use serde_json::error::Category;
use thiserror::Error;

#[cfg(test)]
mod tests;

/// The fields that a message may name. Any other name comes from the client, and could be a secret that was pasted there.
const FIELDS: [&str; 3] = ["email", "password", "refreshToken"];

/// Why a body is rejected; the text is the message of the response and repeats nothing of the body.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum BodyRejection {
    #[error("The body is empty; send a JSON object.")]
    Empty,
    /// It has the number of valid bytes before the first invalid one.
    #[error("The body is not valid UTF-8 (after {0} bytes).")]
    NotUtf8(usize),
    /// It has what the parser expected, and the position.
    #[error("The body is not JSON: {0} {1}.")]
    NotJson(String, Position),
    #[error("The body ends before its JSON object is complete {0}.")]
    Incomplete(Position),
    #[error("The body has data after its JSON object {0}.")]
    TrailingData(Position),
    #[error("The body is nested more than 127 levels deep {0}.")]
    TooDeep(Position),
    #[error("The body has a string with half of a surrogate pair {0}.")]
    LoneSurrogate(Position),
    /// It has what appears twice.
    #[error("The body has {0} twice {1}.")]
    Duplicate(String, Position),
    /// It has the JSON type that was sent.
    #[error("The body must be a JSON object, not {0}.")]
    NotAnObject(&'static str),
}

/// A position in a body.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("(line {line}, column {column})")]
pub(super) struct Position {
    line: usize,
    column: usize,
}

impl BodyRejection {
    /// Returns the text about a duplicate field, for `serde::de::Error::custom`.
    pub(super) fn duplicate(name: &str) -> String {
        if FIELDS.contains(&name) { format!("the field {name}") } else { "a field".to_owned() }
    }

    /// Translates an error of the parser.
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let position = Position { line: error.line(), column: error.column() };
        let text = error.to_string();
        let cause = text.rsplit_once(" at line ").map_or(text.as_str(), |(cause, _)| cause);
        match error.classify() {
            Category::Data => Self::Duplicate(cause.to_owned(), position),
            Category::Eof => Self::Incomplete(position),
            // The parser gives no other access to its error codes. Tests check that these texts are still right.
            Category::Syntax | Category::Io => match cause {
                "trailing characters" => Self::TrailingData(position),
                "recursion limit exceeded" => Self::TooDeep(position),
                "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
                    Self::LoneSurrogate(position)
                }
                other => Self::NotJson(other.to_owned(), position),
            },
        }
    }
}
