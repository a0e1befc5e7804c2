//! The formats of session records.

/// The format that session records are written in. Every format is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordFormat {
    /// A hash, which the release before can read.
    #[default]
    Hash,
    /// A packed string, which takes less memory and time. The release before cannot read it.
    Packed,
}

impl RecordFormat {
    /// The number of the format in stores and settings.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Hash => 1,
            Self::Packed => 2,
        }
    }
}
