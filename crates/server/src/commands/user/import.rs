//! `user import`

mod input;
mod lines;
mod report;
mod user_line;

use std::mem::take;
use std::path::Path;
use std::time::Duration;

use auth_domain::model::{HashFormat, HashUse};
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::{ImportAttempt, ImportOutcome, UserToImport};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use crate::audit;
use crate::command_error::CommandError;
use crate::commands::administration::Administration;
use crate::commands::events;
use crate::compose;
use crate::config::Settings;
use input::Input;
use lines::{Line, Lines};
use report::Report;

/// The number of users in one transaction.
const BATCH: usize = 500;

/// The most attempts to write a transaction, and the pause between two of them: an import outlasts a short outage.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_secs(1);
/// The number of lookups at the same time, of users who exist already.
const COMPARISONS: usize = 64;

/// An import that runs.
struct Import<'a> {
    admin: &'a Administration,
    settings: &'a Settings,
    report: Report,
    /// The valid users who are not written yet, with the numbers of their lines.
    users: Vec<UserToImport>,
    lines: Vec<u64>,
    has_written: bool,
}

/// Imports a file. A file is read twice: if a line is invalid, no user is imported, unless `skip_invalid` is set. Standard input can be
/// read once only: the import ends before the first transaction with an invalid line.
pub(super) async fn run(
    admin: &Administration,
    settings: &Settings,
    path: &Path,
    skip_invalid: bool,
) -> Result<(), CommandError> {
    let mut input = Input::open(path)?;
    if input.can_be_read_again() && !skip_invalid {
        check(admin, input)?;
        input = Input::open(path)?;
    }
    let report = Report::new("importing", input.bytes());
    let (users, lines) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    let mut import = Import { admin, settings, report, users, lines, has_written: false };
    let imported = import.run(input.lines(), skip_invalid).await;
    let report = import.report;
    report.print_summary();
    if report.imported > 0 {
        events::users_imported(report.imported, report.already_there, report.rejected());
    }
    imported.map_err(|error| {
        CommandError::Failed(format!(
            "the import stopped: {error}; run the same command again: users who are there already are skipped"
        ))
    })?;
    report.result()
}

/// Checks every line, and writes nothing.
fn check(admin: &Administration, input: Input) -> Result<(), CommandError> {
    let mut report = Report::new("checking", input.bytes());
    let mut lines = input.lines();
    while let Some(line) = lines.next().map_err(|error| unreadable(&error))? {
        if let Err(problem) = validated(admin, &line) {
            report.invalid(line.number, &problem);
        }
        report.advance(line.end);
    }
    report.finish();
    match report.rejected() {
        0 => Ok(()),
        invalid => Err(CommandError::Failed(format!(
            "{invalid} lines are invalid, so no user was imported; correct them, or import the others with --skip-invalid"
        ))),
    }
}

impl Import<'_> {
    async fn run(&mut self, mut lines: Lines, skip_invalid: bool) -> Result<(), CommandError> {
        let mut is_stopped = false;
        while let Some(line) = lines.next().map_err(|error| unreadable(&error))? {
            match validated(self.admin, &line) {
                Ok((user, switched_off)) if !is_stopped => {
                    self.report.count_switched_off(switched_off);
                    self.users.push(user);
                    self.lines.push(line.number);
                }
                Ok(_) => {}
                Err(problem) => {
                    self.report.invalid(line.number, &problem);
                    is_stopped |= !skip_invalid;
                }
            }
            let end = line.end;
            if self.users.len() == BATCH && !is_stopped {
                self.write().await?;
            }
            self.report.advance(end);
        }
        if is_stopped || self.users.is_empty() { Ok(()) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<(), CommandError> {
        // A first start creates an account if there is no user. After the first transaction there is one.
        let _lock = if self.has_written { None } else { compose::lock_bootstrap(self.settings)? };
        let users = take(&mut self.users);
        let admin = self.admin;
        let import = &admin.import_users;
        // Repeating it is safe: users who were inserted are found with the same data.
        let attempts = repeated(|| import.insert(&users, admin.request_time())).await?;
        self.has_written = true;
        let mut existing = Vec::new();
        for ((line, user), attempt) in self.lines.drain(..).zip(&users).zip(attempts) {
            match attempt {
                ImportAttempt::Done(outcome) => {
                    if let ImportOutcome::Imported(user_id) = outcome {
                        events::user_imported(user_id);
                    }
                    self.report.outcome(line, outcome);
                }
                ImportAttempt::Exists(tenant_id) => existing.push((line, user, tenant_id)),
            }
        }
        let compared = existing.into_iter().map(|(line, user, tenant_id)| async move {
            let outcome = repeated(|| import.compare(user, tenant_id, admin.request_time())).await;
            outcome.map(|outcome| (line, outcome))
        });
        let mut compared = stream::iter(compared).buffered(COMPARISONS);
        while let Some((line, outcome)) = compared.try_next().await? {
            self.report.outcome(line, outcome);
        }
        // No further user is created while the records of these cannot be written.
        audit::flush()
    }
}

/// Calls a store again while it is unreachable, for a few seconds.
async fn repeated<T, F: Future<Output = Result<T, PortError>>>(call: impl Fn() -> F) -> Result<T, PortError> {
    let mut attempts = 1;
    loop {
        match call().await {
            Err(error) if attempts < ATTEMPTS && is_transient(&error) => attempts += 1,
            result => return result,
        }
        sleep(PAUSE).await;
    }
}

/// Whether a repeat may succeed.
fn is_transient(error: &PortError) -> bool {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => true,
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => false,
    }
}

/// Returns the user of a line, and the format of the hash if the settings do not accept it.
fn validated(admin: &Administration, line: &Line<'_>) -> Result<(UserToImport, Option<HashFormat>), String> {
    let user = user_line::parse(line.text, line.number)?;
    match user.password_hash.as_ref().map(|hash| admin.hasher.usability(hash)) {
        None | Some(HashUse::Verifies(_)) => Ok((user, None)),
        Some(HashUse::SwitchedOff(format)) => Ok((user, Some(format))),
        Some(HashUse::Unusable) => {
            Err("password_hash has an unknown format, or parameters out of bounds".to_owned())
        }
    }
}

fn unreadable(error: &std::io::Error) -> CommandError {
    CommandError::Failed(format!("the file cannot be read: {error}"))
}
