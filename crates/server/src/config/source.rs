//! The places that settings come from.

/// Where the value of a setting is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The defaults, which are compiled into the program.
    Defaults,
    /// The TOML file at this path, which the command line names.
    File(String),
    /// The environment variable of this name.
    Environment(String),
}

impl Source {
    /// Returns the name of the kind of source.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Defaults => "default",
            Self::File(_) => "file",
            Self::Environment(_) => "environment",
        }
    }

    /// Returns the path or the variable.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self {
            Self::Defaults => None,
            Self::File(path) => Some(path),
            Self::Environment(name) => Some(name),
        }
    }

    /// Returns the place of a setting, for messages.
    pub(super) fn place_of(&self, key: &str) -> String {
        match self {
            Self::Defaults => format!("{key} in the defaults"),
            Self::File(path) => format!("{key} in {path}"),
            Self::Environment(name) => name.clone(),
        }
    }
}
