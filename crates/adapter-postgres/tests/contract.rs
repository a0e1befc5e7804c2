//! The shared contract suite; each case has a database of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::sync::Arc;

use auth_adapter_postgres::{Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, TestClock, UserRepositoryFixture, request_time_at};

auth_testkit::user_repository_contract!(fixture = users());

async fn users() -> UserRepositoryFixture {
    let server = Arc::new(PostgresServer::shared().database());
    let config = PostgresConfig {
        url: server.url(),
        ca_file: None,
        client_cert_file: None,
        client_key_file: None,
        allow_plain_text: false,
        pool: PostgresConfig::DEFAULT_POOL,
        pooler: Pooler::None,
    };
    let database = PostgresDatabase::new(config, TestClock::new()).unwrap();
    database.migrate(request_time_at(START)).await.unwrap();
    UserRepositoryFixture {
        users: Arc::new(PostgresUserRepository::new(&database)),
        remove_password: Box::new(move |id| {
            let _ = server.sql(&format!("UPDATE users SET password_hash = NULL WHERE id = '{id}'"));
            Box::pin(async {})
        }),
        keep: Box::new(database),
    }
}
