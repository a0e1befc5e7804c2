//! The comparison of the store with the rules of the domain.

use std::path::Path;

use auth_domain::model::{RefreshMinute, SessionRecord, SessionRef};
use auth_domain::ports::Denylist;
use auth_testkit::generated::{SessionSubject, compare_sessions};
use auth_testkit::{DENYLIST_MARGIN, START, TestClock, request_time_at};

use super::*;
use crate::{OpenMode, SqliteConfig, SqliteDenylist};

struct Subject {
    store: SqliteSessionStore,
    denylist: SqliteDenylist,
}

#[async_trait]
impl SessionSubject for Subject {
    fn sessions(&self) -> &dyn SessionStore {
        &self.store
    }

    fn denylist(&self) -> &dyn Denylist {
        &self.denylist
    }

    async fn record(&self, session: SessionRef) -> Option<SessionRecord> {
        let read = move |connection: &mut diesel::SqliteConnection| statements::find(connection, session);
        self.store.database.read(Operation::Check, request_time_at(START), read).await.unwrap()
    }

    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute> {
        let read =
            move |connection: &mut diesel::SqliteConnection| refresh_minutes::find(connection, user_id);
        self.store.database.read(Operation::Check, request_time_at(START), read).await.unwrap()
    }
}

#[tokio::test]
async fn generated_sequences_agree_with_the_rules() {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    // The times of the calls are no jumps of the clock, and the cleanup must not go by that clock.
    let cleanup_interval = Duration::from_hours(1);
    let mode = OpenMode { start_pause: Duration::ZERO, cleanup_interval, ..OpenMode::default() };
    let database = SqliteDatabase::open(&config, mode, TestClock::new()).unwrap();
    let store = SqliteSessionStore::new(&database, DENYLIST_MARGIN);
    let subject = Subject { store, denylist: SqliteDenylist::new(&database, DENYLIST_MARGIN) };
    compare_sessions(1_000, &subject).await;
}
