//! How statements are sent to the server.

use std::time::Duration;

use super::timeouts::STATEMENT;
use crate::config::Pooler;

/// An SQL expression for the server process of a connection. Without a pooler of transactions, no two open connections have the same one.
pub(crate) const PROCESS: &str = "pg_backend_pid() || ' ' || extract(epoch FROM pg_postmaster_start_time())";

/// Returns the first statements of a connection: the settings if the connection keeps them, and a question: whether the server is a
/// standby, and its process.
pub(super) fn first_statements(pooler: Pooler) -> String {
    let question = format!("SELECT pg_is_in_recovery(), {PROCESS}");
    match pooler {
        // The plan of a lookup does not depend on the number of its ids. Without the last setting, the server plans each batch
        // anew, which costs several times as much as running it.
        Pooler::None => {
            format!("{} SET plan_cache_mode = force_generic_plan; {question}", settings("SET", STATEMENT))
        }
        Pooler::Transaction => question,
    }
}

/// Begins a transaction whose statements have `timeout`.
pub(super) fn begin(timeout: Duration) -> String {
    format!("BEGIN; {}", settings("SET LOCAL", timeout))
}

fn settings(set: &str, timeout: Duration) -> String {
    let (statement, idle) = (timeout.as_millis().max(1), STATEMENT.as_millis());
    // Without row security, a statement whose rows a policy would filter is an error. A filtered row is not an unknown user.
    format!(
        "{set} statement_timeout = {statement}; {set} idle_in_transaction_session_timeout = {idle}; {set} row_security = off;"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_transaction_pooler_no_setting_outlives_its_transaction() {
        assert!(first_statements(Pooler::None).starts_with("SET statement_timeout = 2000; SET idle"));
        assert!(!first_statements(Pooler::Transaction).contains("SET "));
        let begin = begin(Duration::from_millis(1_500));
        assert!(begin.starts_with("BEGIN; SET LOCAL statement_timeout = 1500; SET LOCAL idle"), "{begin}");
        assert_eq!(begin.matches("SET").count(), begin.matches("SET LOCAL").count());
    }
}
