//! `log`: the level and format of the log.

use super::reader::Reader;
use super::{choices, log_filter};

/// `log`
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// `None` for readable lines on a terminal and JSON lines otherwise.
    pub(crate) format: Option<LogFormat>,
    pub(crate) filter: String,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A readable line.
    Pretty,
    /// A JSON object.
    Json,
}

impl LogSettings {
    /// Returns the targets that the filter names.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        log_filter::targets(&self.filter)
    }

    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let format = reader.read("log.format", |text| {
            let formats =
                [("auto", None), ("pretty", Some(LogFormat::Pretty)), ("json", Some(LogFormat::Json))];
            choices::choice(text, &formats)
        });
        let filter = reader.read("log.filter", log_filter::parse);
        Some(Self { format: format?, filter: filter? })
    }
}
