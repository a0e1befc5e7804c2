//! Secrets: all are read in the same way.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::fs::{CWD, Mode, mkfifoat};

use super::*;

const ONE: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
const OTHER: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg";

/// Every setting that is one secret, with the settings that make the program use it.
const SECRETS: [(&str, &[(&str, &str)]); 4] = [
    ("JWT__KEY", &[]),
    ("ADMIN__SECRET", &[]),
    ("REDIS__URL", &[("TOKENS__BACKEND", "redis"), ("JWT__KEY", OTHER)]),
    ("POSTGRES__URL", &[("CREDENTIALS__BACKEND", "postgres"), ("JWT__KEY", OTHER)]),
];

const REDIS: [(&str, &str); 3] =
    [("TOKENS__BACKEND", "redis"), ("REDIS__URL", "rediss://redis"), ("JWT__KEY", OTHER)];
const POSTGRES: [(&str, &str); 3] =
    [("CREDENTIALS__BACKEND", "postgres"), ("POSTGRES__URL", "postgres://db"), ("JWT__KEY", OTHER)];

struct File {
    _folder: tempfile::TempDir,
    path: String,
}

fn file(content: &[u8], mode: u32) -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    File { path: path.to_str().unwrap().to_owned(), _folder: folder }
}

fn exposed<'a>(settings: &'a Settings, name: &str) -> &'a str {
    let server = |server: &'a ServerSettings| server.url.expose();
    match (name, &settings.tokens.backend, &settings.credentials) {
        ("JWT__KEY", _, _) => settings.jwt.key.as_ref().unwrap().expose(),
        ("ADMIN__SECRET", _, _) => settings.admin.secret.as_ref().unwrap().expose(),
        ("REDIS__URL", TokensBackend::Redis(redis), _) => server(&redis.server),
        ("POSTGRES__URL", _, CredentialsBackend::Postgres(postgres)) => server(&postgres.server),
        _ => panic!("{name}"),
    }
}

fn assert_one_problem(variables: &[(&str, &str)], name: &str, parts: &[&str]) {
    let problems = problems(variables);
    let [problem] = problems.as_slice() else { panic!("{name}: {problems:?}") };
    for part in [name].iter().chain(parts) {
        assert!(problem.contains(part), "{part} is not in {problem}");
    }
    assert!(!problem.contains(ONE), "{problem}");
}

// S-40
#[test]
fn only_one_line_break_at_the_end_of_a_file_is_removed() {
    for (name, others) in SECRETS {
        let file_setting = format!("{name}_FILE");
        for content in [ONE.to_owned(), format!("{ONE}\n"), format!("{ONE}\r\n")] {
            let file = file(content.as_bytes(), 0o600);
            let settings = with(&[others, &[(&file_setting, &file.path)]].concat()).unwrap();
            assert_eq!(exposed(&settings, name), ONE, "{content:?}");
        }
        for space in [
            format!("{ONE}\n\n"),
            format!("{ONE} \n"),
            format!(" {ONE}"),
            format!("{ONE}\r"),
            format!("\u{feff}{ONE}"),
        ] {
            let file = file(space.as_bytes(), 0o600);
            assert_one_problem(&[others, &[(&file_setting, &file.path)]].concat(), &file_setting, &[]);
        }
        for space in [format!("{ONE}\n"), format!("{ONE} "), format!("\t{ONE}"), format!("{ONE}\r\n")] {
            assert_one_problem(&[others, &[(name, &space)]].concat(), name, &["white space"]);
        }
        let empty = file(b"\n", 0o600);
        assert_one_problem(&[others, &[(&file_setting, &empty.path)]].concat(), &file_setting, &["empty"]);
    }
}

fn previous(settings: &Settings) -> Vec<&str> {
    settings.jwt.previous_keys.iter().map(Secret::expose).collect()
}

// S-39
#[test]
fn previous_keys_may_contain_commas_and_inner_spaces() {
    let comma = "a,key, with commas and spaces";
    assert_eq!(previous(&with(&[("JWT__PREVIOUS_KEYS", comma)]).unwrap()), [comma]);
    for content in [format!("{comma}\n{ONE}\n"), format!("{comma}\r\n{ONE}\r\n"), format!("{comma}\n{ONE}")] {
        let file = file(content.as_bytes(), 0o600);
        assert_eq!(previous(&with(&[("JWT__PREVIOUS_KEYS_FILE", &file.path)]).unwrap()), [comma, ONE]);
    }
    let lines = format!("{comma}\n{ONE}");
    assert_eq!(previous(&with(&[("JWT__PREVIOUS_KEYS", &lines)]).unwrap()), [comma, ONE]);

    let toml = file(format!("[jwt]\nprevious_keys = [\"{comma}\", \"{ONE},{OTHER}\"]\n").as_bytes(), 0o600);
    let settings = load(Some(Path::new(&toml.path)), std::iter::empty(), |_| Vec::new()).unwrap();
    assert_eq!(previous(&settings), [comma, &format!("{ONE},{OTHER}")]);
    // The file is empty after a key change is complete.
    for content in ["", "\n"] {
        let file = file(content.as_bytes(), 0o600);
        assert!(with(&[("JWT__PREVIOUS_KEYS_FILE", &file.path)]).unwrap().jwt.previous_keys.is_empty());
    }
}

// S-40
#[test]
fn keys_separated_by_commas_are_rejected_and_not_split() {
    for list in [format!("{ONE},{OTHER}"), format!("{ONE}, {OTHER}"), format!("{ONE},")] {
        assert_one_problem(
            &[("JWT__PREVIOUS_KEYS", &list)],
            "JWT__PREVIOUS_KEYS",
            &["comma", "JWT__PREVIOUS_KEYS_FILE"],
        );
    }
    let blank = file(format!("{ONE}\n\n{OTHER}\n").as_bytes(), 0o600);
    assert_one_problem(
        &[("JWT__PREVIOUS_KEYS_FILE", &blank.path)],
        "JWT__PREVIOUS_KEYS_FILE",
        &["line 2", "empty"],
    );
    let toml = file(format!("[jwt]\nkey = [\"{ONE}\"]\n").as_bytes(), 0o600);
    let Err(failure) = load(Some(Path::new(&toml.path)), std::iter::empty(), |_| Vec::new()) else {
        panic!("loaded")
    };
    assert!(failure.to_string().contains("jwt.key") && !failure.to_string().contains(ONE), "{failure}");
}

// S-40
#[test]
fn permissions_of_secret_files_are_checked() {
    for (name, others) in SECRETS {
        let file_setting = format!("{name}_FILE");
        for mode in [0o620, 0o602, 0o666, 0o664] {
            let file = file(ONE.as_bytes(), mode);
            assert_one_problem(
                &[others, &[(&file_setting, &file.path)]].concat(),
                &file_setting,
                &["chmod go-w", &file.path],
            );
        }
        for (mode, noted) in [(0o400, 0), (0o600, 0), (0o640, 0), (0o444, 1), (0o644, 1)] {
            let file = file(ONE.as_bytes(), mode);
            let settings = with(&[others, &[(&file_setting, &file.path)]].concat()).unwrap();
            let files = &settings.readable_secrets;
            assert_eq!(files.len(), noted, "{mode:o}");
            assert!(files.iter().all(|file| file.contains(&file_setting)), "{files:?}");
        }
    }
}

// S-40
#[test]
fn a_secret_that_was_pasted_in_place_of_a_path_is_not_printed() {
    let settings: [(&str, &[(&str, &str)]); 4] = [
        ("JWT__KEY_FILE", &[]),
        ("REDIS__CA_FILE", &REDIS),
        ("REDIS__CLIENT_KEY_FILE", &REDIS),
        ("POSTGRES__CLIENT_KEY_FILE", &POSTGRES),
    ];
    for secret in [ONE, "sesame", "/sesame", "./sesame", "open/sesame/+/", &format!("{ONE}/{OTHER}=")] {
        for (setting, others) in settings {
            let problems = problems(&[others, &[(setting, secret)]].concat());
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            assert!(problem.contains(setting) && problem.contains("pasted"), "{problem}");
            assert!(!problem.contains(ONE) && !problem.contains("sesame"), "{problem}");
        }
    }
    let problems = problems(&[("JWT__KEY_FILE", "postgres://me:sesame@db/x")]);
    assert!(problems.len() == 1 && !problems[0].contains("sesame"), "{problems:?}");
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("a-file-with-a-long-name-that-is-absent");
    assert_one_problem(
        &[("JWT__KEY_FILE", absent.to_str().unwrap())],
        "JWT__KEY_FILE",
        &["a-file-with-a-long-name"],
    );
}

#[test]
fn a_file_that_is_not_a_secret_is_rejected() {
    for content in [&b"\xff\xfe"[..], "x".repeat(70_000).as_bytes()] {
        let file = file(content, 0o600);
        assert_one_problem(&[("JWT__KEY_FILE", &file.path)], "JWT__KEY_FILE", &["cannot be read"]);
    }
    let folder = tempfile::tempdir().unwrap();
    assert_one_problem(
        &[("JWT__KEY_FILE", folder.path().to_str().unwrap())],
        "JWT__KEY_FILE",
        &["cannot be read"],
    );
}

// S-40
#[test]
fn a_pipe_in_place_of_a_file_is_an_error_and_does_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::from_raw_mode(0o600)).unwrap();
    let path = pipe.to_str().unwrap();
    assert_one_problem(&[("JWT__KEY_FILE", path)], "JWT__KEY_FILE", &["not a regular file"]);
    let variables = [&REDIS[..], &[("REDIS__CA_FILE", path)]].concat();
    assert_one_problem(&variables, "REDIS__CA_FILE", &["not a regular file"]);
    let Err(failure) = load(Some(&pipe), std::iter::empty(), |_| Vec::new()) else { panic!("loaded") };
    assert!(failure.to_string().contains("not a regular file"), "{failure}");
}

fn load_file(content: &str, mode: u32) -> Result<Settings, CommandError> {
    load(Some(Path::new(&file(content.as_bytes(), mode).path)), std::iter::empty(), |_| Vec::new())
}

// S-40
#[test]
fn permissions_of_the_config_file_are_checked() {
    let keys = format!("[jwt]\nkey = \"{ONE}\"\nprevious_keys = [\"{OTHER}\"]\n");
    for mode in [0o602, 0o666] {
        let Err(failure) = load_file(&keys, mode) else { panic!("loaded with mode {mode:o}") };
        let failure = failure.to_string();
        assert!(failure.contains("--config: ") && failure.contains("chmod go-w"), "{failure}");
        assert!(!failure.contains(ONE), "{failure}");
    }
    for (mode, noted) in [(0o600, 0), (0o640, 0), (0o660, 0), (0o644, 2), (0o664, 2)] {
        let readable = load_file(&keys, mode).unwrap().readable_secrets;
        assert_eq!(readable.len(), noted, "{mode:o}");
        assert!(readable.iter().all(|secret| secret.starts_with("jwt.") && !secret.contains(ONE)));
    }
    assert!(load_file("[http]\ndrain_delay = \"1s\"\n", 0o644).unwrap().readable_secrets.is_empty());
}

// S-40
#[test]
fn a_writable_authority_file_is_rejected() {
    for (name, others) in [("REDIS__CA_FILE", &REDIS), ("POSTGRES__CA_FILE", &POSTGRES)] {
        assert!(with(&[&others[..], &[(name, &file(b"", 0o644).path)]].concat()).is_ok());
        let file = file(b"", 0o666);
        let variables = [&others[..], &[(name, &file.path)]].concat();
        assert_one_problem(&variables, name, &["chmod go-w", &file.path]);
    }
}

// S-40
#[test]
fn files_that_the_postgres_url_names_are_checked() {
    let url = |name: &str, file: &File| format!("postgres://db/users?{name}={}", file.path);
    for name in ["sslrootcert", "sslcert", "sslkey"] {
        let others = [POSTGRES[0], POSTGRES[2]];
        let writable = file(b"", 0o620);
        let named = format!("POSTGRES__URL: {name}");
        let of_writable = url(name, &writable);
        let variables = [&others[..], &[("POSTGRES__URL", &*of_writable)]].concat();
        assert_one_problem(&variables, &named, &["chmod go-w", &writable.path]);

        let readable = file(b"", 0o644);
        let by_file = file(url(name, &readable).as_bytes(), 0o600);
        let settings = with(&[&others[..], &[("POSTGRES__URL_FILE", &by_file.path)]].concat()).unwrap();
        let noted = format!("{ENVIRONMENT_PREFIX}POSTGRES__URL_FILE: {name}: {}", readable.path);
        let expected = if name == "sslkey" { vec![noted] } else { Vec::new() };
        assert_eq!(settings.readable_secrets, expected);
    }
}

// S-95
#[test]
fn a_rejected_secret_is_reported_by_the_setting_that_gave_it() {
    let bad = file(b"too short", 0o600);
    for (name, others) in SECRETS.into_iter().chain([("JWT__PREVIOUS_KEYS", &[("JWT__KEY", OTHER)][..])]) {
        let file_setting = format!("{name}_FILE");
        let given = [others, &[(&file_setting, &bad.path)]].concat();
        let variables =
            given.iter().map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
        let Err(failure) = load(None, variables, crate::compose::problems) else {
            panic!("{name} is accepted")
        };
        let failure = failure.to_string();
        assert!(failure.contains(&format!("{ENVIRONMENT_PREFIX}{file_setting}: ")), "{failure}");
    }
    let toml = file(b"[jwt]\nkey = \"too short\"\n", 0o600);
    let Err(failure) = load(Some(Path::new(&toml.path)), std::iter::empty(), crate::compose::problems) else {
        panic!("the key is accepted")
    };
    assert!(failure.to_string().contains(&format!("jwt.key in {}: ", toml.path)), "{failure}");
}
