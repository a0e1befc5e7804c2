//! `config check` and `config show`

use auth_domain::ports::{Check, Severity};
use serde::Serialize;

use super::output::{json_line, print};
use super::setting_checks;
use super::table::{Cell, Table};
use crate::cli::ConfigCommand;
use crate::command_error::CommandError;
use crate::compose;
use crate::config::{EffectiveSetting, Sources, standard_variables};
use crate::printable::printable_lines;
use crate::styles::{QUIET, of_severity, styled};
use crate::traces::Traces;

/// Shown in place of a secret, whatever its length.
const MASK: &str = "********";

/// A setting on a line of JSON.
#[derive(Serialize)]
struct SettingLine<'a> {
    setting: &'a str,
    value: Option<&'a str>,
    is_secret: bool,
    source: &'static str,
    origin: Option<&'a str>,
    secret_file: Option<&'a str>,
}

/// Runs a command on the settings. Nothing is contacted.
pub(super) fn run(sources: &Sources, command: &ConfigCommand) -> Result<(), CommandError> {
    match command {
        ConfigCommand::Check => check(sources),
        ConfigCommand::Show { json } => show(sources, *json),
    }
}

fn check(sources: &Sources) -> Result<(), CommandError> {
    let settings = sources.settings(compose::problems)?;
    let of_traces = Traces::check(std::env::vars_os())?;
    let warnings = setting_checks::checks(&settings)
        .into_iter()
        .filter(|check| check.severity != Severity::Ok)
        .chain(of_traces);
    let result = Check::ok("the settings can be used; `doctor` also checks the stores");
    warnings.chain([result]).try_for_each(|Check { severity, text, .. }| {
        let severity = styled(&format!("{severity:7}"), of_severity(severity));
        print(&format!("{severity}  {}", printable_lines(&text)))
    })
}

/// Shows what can be read, and then fails if some settings cannot be used.
fn show(sources: &Sources, json: bool) -> Result<(), CommandError> {
    let (mut effective, settings) = sources.effective(compose::problems);
    effective.extend(standard_variables(std::env::vars_os()));
    effective.sort_by(|a, b| a.name.cmp(&b.name));
    if json {
        effective.iter().try_for_each(|setting| print(&json_line(&line(setting))?))?;
    } else {
        table(&effective).print()?;
    }
    settings.map(drop)
}

fn table(effective: &[EffectiveSetting]) -> Table<3> {
    let mut table = Table::new(["SETTING", "VALUE", "SOURCE"]);
    for setting in effective {
        let value = match &setting.value {
            Some(value) => Cell::new(value),
            None => Cell::styled(MASK, QUIET),
        };
        table.add([Cell::new(&setting.name), value, source(setting)]);
    }
    table
}

fn source(setting: &EffectiveSetting) -> Cell {
    let kind = setting.source.kind();
    match (setting.source.origin(), &setting.secret_file) {
        (None, _) => Cell::styled(kind, QUIET),
        (Some(origin), None) => Cell::new(&format!("{kind} {origin}")),
        (Some(origin), Some(file)) => Cell::new(&format!("{kind} {origin}, secret in {file}")),
    }
}

fn line(setting: &EffectiveSetting) -> SettingLine<'_> {
    SettingLine {
        setting: &setting.name,
        value: setting.value.as_deref(),
        is_secret: setting.value.is_none(),
        source: setting.source.kind(),
        origin: setting.source.origin(),
        secret_file: setting.secret_file.as_deref(),
    }
}
