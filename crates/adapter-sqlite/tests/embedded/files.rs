//! The content and the modes of the files.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use auth_adapter_sqlite::OpenMode;
use auth_domain::model::{RefreshToken, Rotation};
use auth_domain::ports::SessionStore;
use auth_testkit::{START, a_session, a_user_id, request_time_at};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::support::{Folder, Sessions};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn sibling(path: &Path, suffix: &str) -> std::path::PathBuf {
    path.with_file_name(format!("auth.db{suffix}"))
}

#[tokio::test]
async fn the_files_are_readable_by_their_owner_alone() {
    let folder = Folder::new();
    let path = folder.path().with_file_name("data").join("auth.db");
    let config = auth_adapter_sqlite::SqliteConfig::new(&path);
    let database = folder.try_open(&config, OpenMode::default()).unwrap();
    Sessions::new(&database).open(&a_session(a_user_id(), START), START).await;

    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&sibling(&path, suffix)), 0o600, "auth.db{suffix}");
    }
}

#[test]
fn a_file_that_others_can_read_is_restricted_to_its_owner() {
    let folder = Folder::new();
    drop(folder.open());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let _database = folder.open();
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&sibling(&folder.path(), suffix)), 0o600, "auth.db{suffix}");
    }
}

// S-46
#[tokio::test]
async fn a_dump_contains_no_part_of_a_live_token() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;
    let attempt = session.rotation(&session.token, START).keyed("retry");
    let rotation = sessions.store.rotate(&attempt.rotate, request_time_at(START)).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);

    let log = fs::read(sibling(&folder.path(), "-wal")).unwrap();
    assert_dump_is_harmless(&log, &[&session.token, &attempt.successor]);
    database.close();
    let dump = fs::read(folder.path()).unwrap();
    assert_dump_is_harmless(&dump, &[&session.token, &attempt.successor]);
}

fn assert_dump_is_harmless(dump: &[u8], tokens: &[&RefreshToken]) {
    assert!(slices(dump, 32).contains(tokens[0].digest().value.as_slice()), "the dump is of this session");
    for token in tokens {
        let hex = token.expose();
        let bytes: Vec<u8> =
            (0..52).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        // The first sixteen bytes are the id of the user, which is not secret.
        let secret = &bytes[16..];
        assert!(slices(dump, 6).is_disjoint(&slices(secret, 6)), "raw");
        assert!(slices(dump, 12).is_disjoint(&slices(&hex.as_bytes()[32..], 12)), "hex");
        for offset in 0..3 {
            for text in [STANDARD_NO_PAD.encode(&secret[offset..]), URL_SAFE_NO_PAD.encode(&secret[offset..])]
            {
                assert!(slices(dump, 8).is_disjoint(&slices(text.as_bytes(), 8)), "base64");
            }
        }
    }
}

fn slices(bytes: &[u8], length: usize) -> HashSet<&[u8]> {
    bytes.windows(length).collect()
}

// S-49
#[tokio::test]
async fn ten_thousand_rotations_keep_the_row_below_two_kibibytes() {
    let folder = Folder::new();
    // After a start, a session remembers access tokens for longer.
    let settled = OpenMode { start_pause: Duration::ZERO, ..OpenMode::default() };
    let database = folder.try_open(&folder.config(), settled).unwrap();
    let sessions = Sessions::new(&database);
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;

    let mut token = session.token.clone();
    let mut now = START;
    for _ in 0..10_000 {
        // Often enough for sixteen access tokens to be alive, or within the margin, at once.
        now += Duration::from_secs(76);
        let attempt = session.rotation(&token, now).keyed("retry");
        let rotation = sessions.store.rotate(&attempt.rotate, request_time_at(now)).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated);
        token = attempt.successor;
    }

    let size =
        "SELECT length(live_tokens) + length(replay_sealed) + length(replay_tag) + length(current_digest)
                + length(previous_digest) + 3 * 16 + 8 * 8 AS number FROM sessions";
    assert!((500..2_048).contains(&folder.number(size)), "{} bytes", folder.number(size));
    assert_eq!(folder.number("SELECT count(*) AS number FROM sessions"), 1);

    let (rotation, _) = sessions.rotate(&session, &session.token, now).await.unwrap();
    assert_eq!(rotation, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false });
}
