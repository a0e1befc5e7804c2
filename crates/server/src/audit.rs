//! Security events. One value of each makes its log line and its record in the audit stream (S-85).
//!
//! Like the log, the audit stream belongs to the process: it is started once, and every part of the program writes to it. A bounded
//! queue takes the records, and one thread writes them. No request waits for it (S-93).

mod counts;
mod file;
mod log_line;
mod loss_log;
mod message;
mod occurrence;
mod os_user;
mod record_line;
mod security_event;
mod source;
mod stream;
mod suppressing;
mod target;
mod writer;

use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use crate::command_error::CommandError;
use crate::config::AuditTarget;
use loss_log::LossLog;
pub(crate) use occurrence::{Actor, Details, Occurrence, Subject, Text};
use record_line::record_line;
pub(crate) use security_event::SecurityEvent;
pub(crate) use source::Source;
use stream::Stream;
use target::Target;

#[cfg(test)]
mod tests;

/// The time in which queued records are written at the end of the process.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The stream of this process; unset if it is off.
static STREAM: OnceLock<Stream> = OnceLock::new();
/// The losses that the log names.
static LOSSES: LazyLock<LossLog> = LazyLock::new(LossLog::default);

/// Starts the audit stream, if there is one.
///
/// # Errors
/// [`CommandError`] with the name of the setting if the target cannot be used.
pub(crate) fn start(settings: &AuditTarget) -> Result<(), CommandError> {
    let (target, setting) = match settings {
        AuditTarget::Off => return Ok(()),
        AuditTarget::File(path) => (Target::file(path.clone()), format!("AUDIT__FILE: {}", path.display())),
        AuditTarget::StandardOutput => {
            (Target::standard_output(), "AUDIT__TARGET: standard output".to_owned())
        }
    };
    let started = target.and_then(Stream::start).map_err(|error| {
        CommandError::Failed(format!(
            "{setting} cannot be used: {error}; correct it, or set AUDIT__TARGET to off to go without an audit stream"
        ))
    })?;
    STREAM.get_or_init(|| started);
    Ok(())
}

/// Returns whether there is an audit stream.
pub(crate) fn is_on() -> bool {
    STREAM.get().is_some()
}

/// Logs a security event, and writes it to the audit stream.
pub(crate) fn publish(source: &Source, occurrence: &Occurrence<'_>) {
    log_line::log(occurrence, source);
    record(source, occurrence);
}

/// Writes a security event to the audit stream only: its log line is not due.
pub(crate) fn record(source: &Source, occurrence: &Occurrence<'_>) {
    if let Some(stream) = STREAM.get()
        && suppressing::admits(occurrence, source)
    {
        stream.offer(record_line(occurrence, source), occurrence.event.is_repeatable());
    }
}

/// Opens the file again, which another program may have moved.
pub(crate) fn reopen() {
    if let Some(stream) = STREAM.get() {
        stream.reopen();
    }
}

/// Returns how many records were written since the start of the process.
pub(crate) fn written_events() -> u64 {
    STREAM.get().map_or(0, |stream| stream.counts().written())
}

/// Returns how many records were lost since the start of the process.
pub(crate) fn lost_events() -> u64 {
    STREAM.get().map_or(0, |stream| stream.counts().lost())
}

/// Returns how many records wait to be written.
pub(crate) fn waiting_events() -> u64 {
    STREAM.get().map_or(0, |stream| stream.counts().pending())
}

/// Returns 1 if records cannot be written now, and otherwise 0.
pub(crate) fn is_failing() -> u64 {
    STREAM.get().is_some_and(|stream| stream.counts().error().is_some()).into()
}

/// Writes how many rejections have no record of their own, for each period that has ended.
pub(crate) fn report_suppressed() {
    offer(suppressing::ended);
}

/// Writes all numbers of rejections that have no record of their own, at the end of the process.
pub(crate) fn report_all_suppressed() {
    offer(suppressing::all);
}

fn offer(lines: fn() -> Vec<Vec<u8>>) {
    if let Some(stream) = STREAM.get() {
        for line in lines() {
            stream.offer(line, false);
        }
    }
}

/// Logs the losses since the last call, and why records cannot be written now.
pub(crate) fn report_losses() {
    if let Some(stream) = STREAM.get() {
        LOSSES.report(stream.counts());
    }
}

/// Waits within a timeout until all records are written.
///
/// # Errors
/// [`CommandError`] if they are not, or if records were lost.
pub(crate) fn flush() -> Result<(), CommandError> {
    let Some(counts) = STREAM.get().map(Stream::counts) else { return Ok(()) };
    let missing = counts.wait(FLUSH_TIMEOUT) + counts.lost();
    let error = counts.error().unwrap_or_else(|| "the target does not accept them".to_owned());
    if missing == 0 {
        return Ok(());
    }
    Err(CommandError::Failed(format!(
        "{missing} audit records of what was done cannot be written: {error}; repair the target of the audit stream"
    )))
}

/// Like [`flush`], at the end of the process: records that are not written are lost, which is logged.
pub(crate) fn finish() -> Result<(), CommandError> {
    let flushed = flush();
    if let Some(counts) = STREAM.get().map(Stream::counts) {
        counts.lose_pending();
        LOSSES.report(counts);
    }
    flushed
}
