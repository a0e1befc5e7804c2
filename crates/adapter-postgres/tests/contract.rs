//! The shared contract suite, run on a database of its own for each case.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::sync::Arc;

use auth_adapter_postgres::{PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, TestClock, UserRepositoryFixture, request_time_at};

auth_testkit::user_repository_contract!(fixture = users());

async fn users() -> UserRepositoryFixture {
    let behind = Arc::new(PostgresServer::shared().database());
    let config = PostgresConfig { url: behind.url(), ca_file: None, allow_plain_text: false };
    let database = PostgresDatabase::new(config, TestClock::new()).unwrap();
    database.migrate(request_time_at(START)).await.unwrap();
    UserRepositoryFixture {
        users: Arc::new(PostgresUserRepository::new(&database)),
        drop_password: Box::new(move |id| {
            let _ = behind.sql(&format!("UPDATE users SET password_hash = NULL WHERE id = '{id}'"));
            Box::pin(async {})
        }),
        keep: Box::new(database),
    }
}
