//! The check for readiness.

use auth_testkit::{START, request_time_at};
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use crate::support::Folder;

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// Changes whenever another connection commits.
fn data_version(connection: &mut SqliteConnection) -> i64 {
    let version: DataVersion = sql_query("PRAGMA data_version").get_result(connection).unwrap();
    version.data_version
}

// S-96
#[tokio::test]
async fn readiness_commits_a_write_to_the_file() {
    let folder = Folder::new();
    let database = folder.open();
    let mut other = folder.connect();
    for _ in 0..2 {
        let before = data_version(&mut other);
        database.ping(request_time_at(START)).await.unwrap();
        assert_ne!(data_version(&mut other), before, "nothing was committed");
    }
}
