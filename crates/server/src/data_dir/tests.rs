use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};

use auth_domain::mocks::counting_entropy;

use super::*;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A directory after the first start: a key, and a file in place of the store.
fn after_first_start(scratch: &tempfile::TempDir) -> DataDir {
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    dir.signing_key(&counting_entropy(), Missing::Create).unwrap();
    fs::write(dir.database(), "a store").unwrap();
    dir
}

fn assert_error<T>(result: Result<T, CommandError>, parts: &[&str]) {
    let Err(failure) = result else { panic!("accepted") };
    for part in parts {
        assert!(failure.to_string().contains(part), "{part} is not in {failure}");
    }
}

#[test]
fn the_key_is_generated_once_and_is_private() {
    let scratch = scratch();
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    let first = dir.signing_key(&counting_entropy(), Missing::Create).unwrap();
    let again = dir.signing_key(&counting_entropy(), Missing::Fail).unwrap();
    assert_eq!(first.expose(), again.expose());
    assert_eq!(first.expose().len(), 64);
    assert_eq!(mode(&dir.path.join("jwt.key")).unwrap(), 0o600);
    assert_eq!(mode(&dir.path).unwrap(), 0o700);
    assert_eq!(fs::read_dir(&dir.path).unwrap().count(), 1);
}

// S-25
#[test]
fn commands_other_than_serve_and_migrate_create_nothing() {
    let scratch = scratch();
    let path = scratch.path().join("data");
    assert_error(DataDir::open(&path, Missing::Fail), &["migrate", path.to_str().unwrap()]);
    assert!(!path.exists());
    let dir = DataDir::open(&path, Missing::Create).unwrap();
    assert_error(dir.signing_key(&counting_entropy(), Missing::Fail), &["migrate"]);
    dir.lock_for_setup(Missing::Fail).unwrap();
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
}

// S-25
#[test]
fn a_missing_key_of_a_store_is_not_replaced() {
    let scratch = scratch();
    let dir = after_first_start(&scratch);
    let key = dir.path.join("jwt.key");
    fs::remove_file(&key).unwrap();
    for missing in [Missing::Create, Missing::Fail] {
        assert_error(
            dir.signing_key(&counting_entropy(), missing),
            &["restore", "openssl", key.to_str().unwrap()],
        );
    }
    assert!(!key.exists());
    fs::write(&key, "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\n").unwrap();
    chmod(&key, 0o600);
    let restored = dir.signing_key(&counting_entropy(), Missing::Fail).unwrap();
    assert_eq!(restored.expose(), "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp");
}

// S-40
#[test]
fn a_key_or_directory_that_others_can_access_is_rejected() {
    let scratch = scratch();
    let dir = after_first_start(&scratch);
    let key = dir.path.join("jwt.key");
    for mode in [0o640, 0o604, 0o620, 0o644] {
        chmod(&key, mode);
        assert_error(dir.signing_key(&counting_entropy(), Missing::Fail), &["chmod 600", "jwt.key"]);
    }
    chmod(&key, 0o400);
    dir.signing_key(&counting_entropy(), Missing::Fail).unwrap();
    for mode in [0o750, 0o701, 0o755, 0o777] {
        chmod(&dir.path, mode);
        for missing in [Missing::Create, Missing::Fail] {
            assert_error(DataDir::open(&dir.path, missing), &["chmod 700", "data"]);
        }
    }
    chmod(&dir.path, 0o700);
    DataDir::open(&dir.path, Missing::Fail).unwrap();
}

#[test]
fn a_key_is_never_written_through_a_symbolic_link() {
    let scratch = scratch();
    let (dir, victim) = (
        DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap(),
        scratch.path().join("victim"),
    );
    fs::write(&victim, "untouched").unwrap();
    // An earlier version used this predictable name for the temporary file.
    symlink(&victim, dir.path.join(format!("jwt.key.{}", std::process::id()))).unwrap();
    dir.signing_key(&counting_entropy(), Missing::Create).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");

    // A guessed name is not followed either: this entropy counts from 1, and the key takes 32 bytes of it.
    let other = DataDir::open(&scratch.path().join("other"), Missing::Create).unwrap();
    let guess = other.path.join("jwt.key.2122232425262728");
    symlink(&victim, &guess).unwrap();
    assert_error(other.signing_key(&counting_entropy(), Missing::Create), &["DATA_DIR"]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert!(guess.is_symlink(), "the link of another user is not removed");
}

#[test]
fn a_second_server_on_a_directory_is_rejected() {
    let scratch = scratch();
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    let held = dir.lock_for_serving().unwrap();
    assert!(dir.lock_for_serving().is_err());
    drop(held);
    assert!(dir.lock_for_serving().is_ok());
}

// S-25
#[test]
fn only_one_process_holds_the_setup_lock() {
    let scratch = scratch();
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    let mut serving = dir.lock_for_serving().unwrap();
    let is_free = || File::open(dir.path.join("setup.lock")).unwrap().try_lock().is_ok();
    assert!(!is_free(), "held during the first start");
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| dir.lock_for_setup(Missing::Fail).map(drop));
        serving.release_setup();
        waiting.join().unwrap()
    });
    waiting.unwrap();
    let setup = dir.lock_for_setup(Missing::Fail).unwrap();
    assert!(!is_free(), "held while a user is created");
    drop(setup);
    assert!(is_free());
}

#[test]
fn a_path_below_a_file_is_rejected_by_the_name_of_the_setting() {
    let scratch = scratch();
    fs::write(scratch.path().join("file"), "").unwrap();
    for missing in [Missing::Create, Missing::Fail] {
        assert_error(
            DataDir::open(&scratch.path().join("file/data"), missing),
            &["HOOKSENTRY_AUTH__DATA_DIR"],
        );
    }
}

/// A directory whose key was rotated at `START`, and the former key.
fn rotated(scratch: &tempfile::TempDir, entropy: &dyn Entropy) -> (DataDir, String) {
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    let former = dir.signing_key(entropy, Missing::Create).unwrap().expose().to_owned();
    dir.rotate_key(START, entropy).unwrap();
    (dir, former)
}

const START: OffsetDateTime = time::macros::datetime!(2026-01-05 09:00 UTC);
const LIFETIME: Duration = Duration::from_mins(15);

// S-39
#[test]
fn the_previous_key_retires_one_lifetime_after_the_first_start() {
    let (scratch, entropy) = (scratch(), counting_entropy());
    let (dir, former) = rotated(&scratch, &entropy);
    let started = START + Duration::from_hours(24);
    for now in [started, started + Duration::from_mins(14)] {
        let previous = dir.previous_key(now, LIFETIME, &entropy).unwrap().unwrap();
        assert_eq!((previous.key.expose(), previous.retires_at), (&*former, started + LIFETIME));
    }
    assert!(dir.previous_key(started + LIFETIME, LIFETIME, &entropy).unwrap().is_none());
    assert!(!dir.path.join("jwt.key.previous").exists());
}

// S-39
#[test]
fn a_clock_that_was_ahead_does_not_prolong_the_previous_key() {
    let (scratch, entropy) = (scratch(), counting_entropy());
    let (dir, _) = rotated(&scratch, &entropy);
    dir.previous_key(START + Duration::from_hours(8_760), LIFETIME, &entropy).unwrap().unwrap();
    for now in [START, START + Duration::from_mins(5)] {
        let previous = dir.previous_key(now, LIFETIME, &entropy).unwrap().unwrap();
        assert_eq!(previous.retires_at, START + LIFETIME);
    }
}

#[test]
fn an_interrupted_rotation_is_continued() {
    let (scratch, entropy) = (scratch(), counting_entropy());
    let dir = DataDir::open(&scratch.path().join("data"), Missing::Create).unwrap();
    let former = dir.signing_key(&entropy, Missing::Create).unwrap();
    fs::copy(dir.key(), dir.path.join("jwt.key.previous")).unwrap();
    assert!(dir.previous_key(START, LIFETIME, &entropy).unwrap().is_none());
    dir.rotate_key(START, &entropy).unwrap();
    assert_ne!(dir.signing_key(&entropy, Missing::Fail).unwrap().expose(), former.expose());
    assert_error(dir.rotate_key(START, &entropy), &["restart"]);
}
