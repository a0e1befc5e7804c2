//! The progress and the outcome of an import.

use std::collections::BTreeMap;

use auth_domain::model::HashFormat;
use auth_domain::use_cases::ImportOutcome;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command_error::CommandError;
use crate::commands::output::{confirm, warn};

const BAR: &str = "{msg} [{bar:40}] {bytes} of {total_bytes}, {eta} left";
const SPINNER: &str = "{msg} {spinner} {bytes}";

/// Counts lines by their outcome, prints a problem of each line to standard error, and shows the progress on a terminal.
pub(super) struct Report {
    pub(super) imported: u64,
    pub(super) already_there: u64,
    /// Those of them who were changed after they had been imported, or before.
    different: u64,
    rejected: u64,
    switched_off: BTreeMap<HashFormat, u64>,
    bar: ProgressBar,
}

impl Report {
    /// Starts with no line. `bytes` is the size of the file, if it is known.
    pub(super) fn new(activity: &'static str, bytes: Option<u64>) -> Self {
        let bar = bytes.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        // The templates are valid; another one would leave the default style.
        if let Ok(style) = ProgressStyle::with_template(if bytes.is_some() { BAR } else { SPINNER }) {
            bar.set_style(style);
        }
        bar.set_message(activity);
        Self { imported: 0, already_there: 0, different: 0, rejected: 0, switched_off: BTreeMap::new(), bar }
    }

    /// Shows how many bytes were read.
    pub(super) fn advance(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// Removes the progress from the terminal.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Counts a hash whose format the settings do not accept.
    pub(super) fn count_switched_off(&mut self, format: Option<HashFormat>) {
        if let Some(format) = format {
            *self.switched_off.entry(format).or_default() += 1;
        }
    }

    /// Counts and prints the outcome of a valid line.
    pub(super) fn outcome(&mut self, line: u64, outcome: ImportOutcome) {
        let problem = match outcome {
            ImportOutcome::Imported(_) => {
                self.imported += 1;
                return;
            }
            ImportOutcome::AlreadyThere => {
                self.already_there += 1;
                return;
            }
            ImportOutcome::Different(column @ "id") => {
                format!("a user with this email exists and has another {column}; the user was not changed")
            }
            // A login may have replaced the hash since, and an administrator the rest.
            ImportOutcome::Different(column) => {
                self.already_there += 1;
                self.different += 1;
                let note = format!("the user exists and has another {column}; the user was not changed");
                self.note(line, &note);
                return;
            }
            ImportOutcome::Unreadable(row) => {
                format!("a user with this email exists, and the row cannot be read: {row}")
            }
            ImportOutcome::IdTaken => {
                "another user has this id, or another value that must be unique".to_owned()
            }
            ImportOutcome::UnknownTenant => {
                "there is no tenant with this tenant_id; create it first".to_owned()
            }
        };
        self.invalid(line, &problem);
    }

    /// Counts and prints a problem of a line.
    pub(super) fn invalid(&mut self, line: u64, problem: &str) {
        self.rejected += 1;
        self.note(line, problem);
    }

    fn note(&self, line: u64, text: &str) {
        self.bar.suspend(|| warn(&format!("line {line}: {text}")));
    }

    /// The number of lines with a problem.
    pub(super) const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Prints the counts.
    pub(super) fn print_summary(&self) {
        self.finish();
        let different = match self.different {
            0 => String::new(),
            different => format!(", {different} of them with other data"),
        };
        confirm(&format!(
            "imported: {}; already there: {}{different}; lines with a problem: {}",
            self.imported, self.already_there, self.rejected
        ));
        for (format, users) in &self.switched_off {
            let remedy = format.remedy().unwrap_or_default();
            warn(&format!(
                "warning: {users} users have a hash of {format}, which is not accepted, and cannot log in; {remedy}, and restart \
                 the service"
            ));
        }
    }

    /// The result of the command.
    pub(super) fn result(&self) -> Result<(), CommandError> {
        match self.rejected {
            0 => Ok(()),
            rejected => Err(CommandError::Failed(format!(
                "{rejected} lines were not imported, for the reasons above; correct them and run the same command again"
            ))),
        }
    }
}
