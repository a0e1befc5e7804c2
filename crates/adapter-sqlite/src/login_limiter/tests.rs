//! The comparison of the limiter with the rules of the domain.

use std::path::Path;
use std::time::Duration;

use auth_domain::model::attempt_window::LimitRecords;
use auth_testkit::generated::{AttemptSubject, GENERATED_LIMITS, compare_attempts};
use auth_testkit::{START, TestClock, request_time_at};
use time::OffsetDateTime;

use super::*;
use crate::{OpenMode, SqliteConfig};

struct Subject(SqliteLoginLimiter);

#[async_trait]
impl AttemptSubject for Subject {
    fn limiter(&self) -> &dyn LoginLimiter {
        &self.0
    }

    async fn records(&self, attempt: &LoginAttempt) -> LimitRecords {
        let attempt = *attempt;
        let read = move |connection: &mut diesel::SqliteConnection| {
            records::load(connection, &attempt, &GENERATED_LIMITS)
        };
        self.0.database.read(Operation::Check, request_time_at(START), read).await.unwrap()
    }

    /// Long after the time of the database, so that the cleanup deletes nothing when the sequence goes back.
    fn start(&self) -> OffsetDateTime {
        START + Duration::from_hours(10 * 24)
    }
}

#[tokio::test]
async fn generated_sequences_agree_with_the_rules() {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    let database = SqliteDatabase::open(&config, OpenMode::default(), TestClock::new()).unwrap();
    compare_attempts(1_000, &Subject(SqliteLoginLimiter::new(&database, GENERATED_LIMITS))).await;
}
