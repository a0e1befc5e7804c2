use auth_domain::mocks::counting_entropy;

use super::*;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_key_is_made_once_and_is_private() {
    let scratch = scratch();
    let dir = DataDir::open(&scratch.path().join("data")).unwrap();
    let first = dir.signing_key(&counting_entropy()).unwrap();
    let again = dir.signing_key(&counting_entropy()).unwrap();
    assert_eq!(first.expose(), again.expose());
    assert_eq!(first.expose().len(), 64);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path.join("jwt.key")), 0o600);
    assert_eq!(mode(dir.path.clone()), 0o700);
    assert_eq!(fs::read_dir(&dir.path).unwrap().count(), 1);
}

#[test]
fn a_second_server_on_the_directory_is_refused_while_the_first_runs() {
    let scratch = scratch();
    let dir = DataDir::open(scratch.path()).unwrap();
    let held = dir.lock().unwrap();
    assert!(dir.lock().is_err());
    drop(held);
    assert!(dir.lock().is_ok());
}

#[test]
fn a_path_under_a_file_is_refused_with_the_name_of_the_setting() {
    let scratch = scratch();
    fs::write(scratch.path().join("file"), "").unwrap();
    let Err(failure) = DataDir::open(&scratch.path().join("file/data")) else { panic!("opened") };
    assert!(failure.to_string().contains("HOOKSENTRY_AUTH__DATA_DIR"));
}
