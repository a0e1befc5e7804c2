//! The check for readiness.

use std::error::Error;
use std::fs;

use auth_domain::ports::PortErrorKind;
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

// S-96
#[tokio::test]
async fn a_file_that_was_replaced_or_removed_is_not_ready() {
    let folder = Folder::new();
    let database = folder.open();
    database.ping(request_time_at(START)).await.unwrap();
    let aside = folder.path().with_extension("aside");
    fs::rename(folder.path(), &aside).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::copy(&aside, folder.path()).unwrap();
        }
        let error = database.ping(request_time_at(START)).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        assert!(error.source().unwrap().to_string().contains("was replaced or removed"), "{error:?}");
    }
    fs::rename(&aside, folder.path()).unwrap();
    database.ping(request_time_at(START)).await.unwrap();
}
