//! `config check` and `config show`.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use auth_e2e::{Finished, Installation};
use serde_json::Value;

const DEFAULTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/default.toml"));
/// A part of every secret. Nothing may print it, nor a part of it.
const MARKER: &str = "Zq7vK2mW9xR4tY8uB3nC6dF1gH5jL0pS";
/// The first characters of the marker.
const BEGINNING: &str = "Zq7vK2";
const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";

const COMMANDS: [&[&str]; 3] = [&["config", "check"], &["config", "show"], &["config", "show", "--json"]];

// S-40
#[tokio::test]
async fn no_config_command_prints_a_secret() {
    let secrets = secret_settings();
    assert!(secrets.len() >= 5, "{secrets:?}");
    for invalid in ["", " ", "@:/"] {
        let text = |name: &str| {
            let section = name.split("__").next().expect("a section").to_lowercase();
            if name.ends_with("URL") {
                format!("{section}://user:{MARKER}@127.0.0.1/0{invalid}")
            } else {
                format!("{MARKER}-{section}{invalid}")
            }
        };
        let as_values = secrets.iter().fold(on_servers(), |new, name| new.set(name, &text(name)));
        let as_paths =
            secrets.iter().fold(on_servers(), |new, name| new.set(&format!("{name}_FILE"), &text(name)));
        let in_files = secrets.iter().fold(on_servers(), |new, name| {
            let path = private_file(&new, name, &text(name));
            new.set(&format!("{name}_FILE"), path.to_str().expect("UTF-8"))
        });
        // The sections of servers are unused, and the names of all others are misspelt.
        let misspelt = secrets
            .iter()
            .fold(Installation::embedded(), |new, name| new.set(&format!("{name}S"), &text(name)));
        let unused = secrets.iter().fold(Installation::embedded(), |new, name| new.set(name, &text(name)));
        for installation in [as_values, as_paths, in_files, misspelt, unused] {
            for command in COMMANDS {
                let Finished { stdout, stderr, .. } = installation.cli(command, "").await;
                assert!(
                    !stdout.contains(BEGINNING) && !stderr.contains(BEGINNING),
                    "{command:?}: {stdout}{stderr}"
                );
            }
        }
    }
}

// S-40
#[tokio::test]
async fn credentials_in_other_settings_and_variables_are_masked() {
    let url = format!("https://user:{MARKER}@127.0.0.1");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----");
    let installation = on_servers()
        .set("HTTP__CORS_ORIGINS", &url)
        .set("REDIS__CLIENT_KEY_FILE", &pem)
        .set("REDIS__URL", "redis://127.0.0.1");
    let headers = format!("OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer {MARKER}");
    let endpoint = format!("OTEL_EXPORTER_OTLP_ENDPOINT={url}:4318/otlp?api-key={MARKER}");
    let unknown = format!("OTEL_EXPORTER_OTLP_HEADER=api-key={MARKER}");
    let key = format!("OTEL_EXPORTER_OTLP_CLIENT_KEY={MARKER}");
    for command in [&["config", "show"][..], &["config", "show", "--json"]] {
        let variables = ["env", &headers, &endpoint, &unknown, &key, "OTEL_SERVICE_NAME=login"];
        let process = installation.spawn_under(&variables, command);
        let Finished { stdout, stderr, .. } = process.finish(std::time::Duration::from_secs(20)).await;
        assert!(!stdout.contains(BEGINNING) && !stderr.contains(BEGINNING), "{stdout}{stderr}");
        for shown in ["OTEL_EXPORTER_OTLP_HEADERS", "https://127.0.0.1:4318/otlp", "login"] {
            assert!(stdout.contains(shown), "{shown}: {stdout}");
        }
        let lines: Vec<&str> = stdout.lines().skip_while(|line| line.starts_with("SETTING ")).collect();
        assert!(lines.is_sorted(), "{stdout}");
    }
}

#[tokio::test]
async fn config_show_prints_each_value_with_its_source() {
    let installation = Installation::embedded().set("LOG__FILTER", "debug");
    let key = private_file(&installation, "key", KEY);
    let settings = installation.folder().join("settings.toml");
    let toml = format!("[log]\nfilter = \"warn\"\nformat = \"json\"\n[jwt]\nkey_file = {key:?}\n");
    fs::write(&settings, toml).expect("a file");
    let path = settings.to_str().expect("UTF-8");

    let shown = installation.cli(&["--config", path, "config", "show", "--json"], "").await.expect_success();
    let lines: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |name: &str| lines.iter().find(|line| line["setting"] == name).cloned().unwrap_or_default();
    let filter = serde_json::json!({
        "setting": "LOG__FILTER", "value": "debug", "is_secret": false, "source": "environment",
        "origin": "HOOKSENTRY_AUTH__LOG__FILTER", "secret_file": null,
    });
    assert_eq!(of("LOG__FILTER"), filter);
    let format = serde_json::json!({
        "setting": "LOG__FORMAT", "value": "json", "is_secret": false, "source": "file", "origin": path, "secret_file": null,
    });
    assert_eq!(of("LOG__FORMAT"), format);
    let secret = serde_json::json!({
        "setting": "JWT__KEY", "value": null, "is_secret": true, "source": "file", "origin": path, "secret_file": key,
    });
    assert_eq!(of("JWT__KEY"), secret);
    assert_eq!(of("TOKENS__ACCESS_TTL")["source"], "default");
    let names: Vec<&str> = lines.iter().filter_map(|line| line["setting"].as_str()).collect();
    assert!(names.len() > 40 && names.is_sorted(), "{names:?}");

    let table = installation.cli(&["--config", path, "config", "show"], "").await.expect_success();
    let row = |name: &str| {
        table
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a row")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("LOG__FILTER"), "LOG__FILTER debug environment HOOKSENTRY_AUTH__LOG__FILTER");
    assert_eq!(row("JWT__KEY"), format!("JWT__KEY ******** file {path}, secret in {}", key.display()));
    assert_eq!(row("TOKENS__ACCESS_TTL"), "TOKENS__ACCESS_TTL 15m default");
}

#[tokio::test]
async fn config_show_prints_what_it_can_and_then_the_problems() {
    let installation = Installation::embedded().set("HTTP__LISTEN", "everywhere").set("HTTP__LISTENING", "x");
    let finished = installation.cli(&["config", "show"], "").await;
    assert_eq!(finished.code(), Some(2));
    assert!(
        finished.stdout.contains("everywhere") && finished.stdout.contains("TOKENS__BACKEND"),
        "{finished:?}"
    );
    for problem in ["HTTP__LISTEN: \"everywhere\"", "HTTP__LISTENING: there is no such setting"] {
        assert!(finished.stderr.contains(problem), "{finished:?}");
    }
}

#[tokio::test]
async fn config_show_leaves_out_the_data_dir_if_both_backends_are_servers() {
    for (backend, other, is_shown) in
        [("postgres", "redis", false), ("postgres", "embedded", true), ("embedded", "redis", true)]
    {
        let installation =
            Installation::embedded().set("CREDENTIALS__BACKEND", backend).set("TOKENS__BACKEND", other);
        let shown = installation.cli(&["config", "show"], "").await.stdout;
        assert!(shown.contains("TOKENS__BACKEND"), "{shown}");
        assert_eq!(shown.lines().any(|line| line.starts_with("DATA_DIR ")), is_shown, "{shown}");
    }
}

#[tokio::test]
async fn config_check_finds_the_problems_that_serve_finds() {
    let missing = Installation::embedded().set("JWT__KEY_FILE", "missing");
    let weak = Installation::embedded().set("JWT__KEY", "vector-key-0123456789abcdef-0123456789abcdef");
    let range = Installation::embedded().set("TOKENS__REUSE_LEEWAY", "2h").set("PASSWORD__MEMORY_KIB", "8");
    let combination =
        Installation::embedded().set("TOKENS__VERIFICATION", "cached").set("REDIS__URL", "redis://127.0.0.1");
    let url = on_servers()
        .set("POSTGRES__URL", "postgres://127.0.0.1/?nonsense=1")
        .set("REDIS__URL", "redis://")
        .set("JWT__KEY", KEY);
    for installation in [missing, weak, range, combination, url] {
        let checked = installation.cli(&["config", "check"], "").await;
        assert_eq!(checked.code(), Some(2), "{checked:?}");
        assert_eq!(checked.stdout, "");
        assert_eq!(checked.stderr, installation.rejects_to_serve().await);
    }
}

#[tokio::test]
async fn config_check_contacts_nothing_and_creates_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let installation = on_servers()
        .set("POSTGRES__URL", &format!("postgres://a:b@{address}/c"))
        .set("REDIS__URL", &format!("redis://a:b@{address}"))
        .set("JWT__KEY", KEY);
    for command in COMMANDS {
        installation.cli(command, "").await.expect_success();
    }
    assert_eq!(listener.accept().expect_err("no connection").kind(), ErrorKind::WouldBlock);
    let embedded = Installation::embedded();
    let checked = embedded.cli(&["config", "check"], "").await.expect_success();
    assert!(checked.starts_with("ok "), "{checked}");
    assert!(!embedded.data_dir().exists());
}

#[tokio::test]
async fn warnings_of_config_check_do_not_change_the_exit_code() {
    let weak = "vector-key-0123456789abcdef-0123456789abcdef";
    let installation = Installation::embedded().set("JWT__KEY", weak).set("JWT__WEAK_KEY", "warn");
    let checked = installation.cli(&["config", "check"], "").await.expect_success();
    let lines: Vec<&str> = checked.lines().collect();
    assert_eq!(lines.len(), 2, "{checked}");
    assert!(lines[0].starts_with("warning  ") && lines[0].contains("JWT__WEAK_KEY"), "{checked}");
    assert!(lines[1].starts_with("ok       "), "{checked}");
}

/// Returns the settings that can be given by a file: those that have a second form with `_file`.
fn secret_settings() -> Vec<String> {
    let mut section = String::new();
    let mut names = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_uppercase();
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            names.push(format!("{section}__{}", key.to_uppercase()));
        }
    }
    let has_file = |name: &&String| names.contains(&format!("{name}_FILE"));
    names.iter().filter(has_file).cloned().collect()
}

/// Returns an installation whose settings choose servers, which do not exist.
fn on_servers() -> Installation {
    Installation::embedded()
        .set("CREDENTIALS__BACKEND", "postgres")
        .set("TOKENS__BACKEND", "redis")
        .with_admin()
}

fn private_file(installation: &Installation, name: &str, text: &str) -> PathBuf {
    let path = installation.folder().join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}
