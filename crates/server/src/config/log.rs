//! `log`: how much is told, and in which form.

use super::reader::Reader;
use super::values;

/// `log`.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// `None`: for people on a terminal, JSON lines otherwise.
    pub(crate) format: Option<LogFormat>,
    pub(crate) filter: String,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let format = reader.read("log.format", |text| match text {
            "auto" => Ok(None),
            "pretty" => Ok(Some(LogFormat::Pretty)),
            "json" => Ok(Some(LogFormat::Json)),
            other => Err(format!("\"{other}\" is neither auto, pretty nor json")),
        });
        let filter = reader.read("log.filter", values::log_filter);
        Some(Self { format: format?, filter: filter? })
    }
}
