//! The comparison of the limiter with the rules of the domain.

use std::path::Path;

use auth_domain::model::attempt_window::Attempt;
use auth_testkit::generated::{AttemptSubject, compare_attempts};
use auth_testkit::{LOGIN_WINDOW, START, TestClock, request_time_at};

use super::*;
use crate::{OpenMode, SqliteConfig};

struct Subject(SqliteLoginLimiter);

impl Subject {
    async fn load(&self, key: LimitKey) -> Vec<Attempt> {
        let read = move |connection: &mut diesel::SqliteConnection| statements::load(connection, key);
        self.0.database.read(request_time_at(START), read).await.unwrap()
    }
}

#[async_trait]
impl AttemptSubject for Subject {
    fn limiter(&self) -> &dyn LoginLimiter {
        &self.0
    }

    fn limit(&self) -> AttemptLimit {
        self.0.limit
    }

    async fn on_email(&self, email: LimitKey) -> Vec<Attempt> {
        self.load(email).await
    }

    async fn on_address(&self, address: LimitKey) -> Vec<Attempt> {
        self.load(address).await
    }
}

#[tokio::test]
async fn generated_sequences_agree_with_the_rules() {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    let database = SqliteDatabase::open(&config, OpenMode::default(), TestClock::new()).unwrap();
    let limit = AttemptLimit { max_failures: 3, window: LOGIN_WINDOW };
    compare_attempts(1_000, &Subject(SqliteLoginLimiter::new(&database, limit))).await;
}
