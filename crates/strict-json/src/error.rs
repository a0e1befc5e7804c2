//! The reasons why a text is rejected.

use serde_json::error::Category;
use thiserror::Error;

use crate::member::JsonType;

/// The reason why a text is not the expected object. Each text is a predicate: the caller puts its subject in front.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// There is nothing but white space.
    #[error("is empty; send a JSON object")]
    Empty,
    /// The text is not UTF-8.
    #[error("is not valid UTF-8 (after {valid_bytes} bytes)")]
    NotUtf8 {
        /// The number of valid bytes before the first invalid one.
        valid_bytes: usize,
    },
    /// The text breaks the grammar of JSON.
    #[error("is not JSON: {cause} {position}")]
    Syntax {
        /// What the parser expected. It repeats nothing of the text.
        cause: String,
        /// Where it was expected.
        position: Position,
    },
    /// The text ends inside of its object.
    #[error("ends before its JSON object is complete {0}")]
    Incomplete(Position),
    /// Something other than white space follows the object.
    #[error("has data after its JSON object {0}")]
    TrailingData(Position),
    /// Objects and arrays are nested too deep.
    #[error("is nested more than 127 levels deep {0}")]
    TooDeep(Position),
    /// A string has an escaped surrogate without its other half.
    #[error("has a string with half of a surrogate pair {0}")]
    LoneSurrogate(Position),
    /// An object has two members of one name.
    #[error("has {} twice {position}", field.map_or_else(|| "a field".to_owned(), |name| format!("the field {name}")))]
    Repeated {
        /// The name, if it is a field of the type that is read. Any other name could be a secret that was pasted there.
        field: Option<&'static str>,
        /// The position of the second one.
        position: Position,
    },
    /// The value is of another JSON type.
    #[error("must be a JSON object, not {0}")]
    NotAnObject(JsonType),
    /// The object does not have the members of the type that is read.
    #[error("has a member of another type than expected, or lacks a member")]
    OtherType,
}

/// A position in a text.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("(line {line}, column {column})")]
pub struct Position {
    line: u64,
    column: usize,
}

impl Position {
    /// Returns the position of an error of the parser.
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        Self { line: error.line() as u64, column: error.column() }
    }
}

impl Error {
    /// The same error of a text that is one line of a longer text.
    #[must_use]
    pub fn in_line(mut self, number: u64) -> Self {
        match &mut self {
            Self::Syntax { position, .. }
            | Self::Incomplete(position)
            | Self::TrailingData(position)
            | Self::TooDeep(position)
            | Self::LoneSurrogate(position)
            | Self::Repeated { position, .. } => position.line = number,
            Self::Empty | Self::NotUtf8 { .. } | Self::NotAnObject(_) | Self::OtherType => {}
        }
        self
    }

    /// Translates an error of the parser.
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let position = Position::of(error);
        match error.classify() {
            Category::Data => Self::OtherType,
            Category::Eof => Self::Incomplete(position),
            Category::Syntax | Category::Io => Self::of_syntax(&error.to_string(), position),
        }
    }

    /// The parser gives no other access to its error codes. Tests check that these texts are still right.
    fn of_syntax(text: &str, position: Position) -> Self {
        match text.rsplit_once(" at line ").map_or(text, |(cause, _)| cause) {
            "trailing characters" => Self::TrailingData(position),
            "recursion limit exceeded" => Self::TooDeep(position),
            "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
                Self::LoneSurrogate(position)
            }
            cause => Self::Syntax { cause: cause.to_owned(), position },
        }
    }
}
