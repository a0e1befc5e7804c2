//! Values that may be unknown, as they are logged.

use std::fmt::{self, Display};

/// A value in the log, `-` if it is not known.
pub(crate) struct OrDash<T>(pub(crate) Option<T>);

impl<T: Display> Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}
