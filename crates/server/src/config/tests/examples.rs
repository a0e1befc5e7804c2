//! The example files: every name in them is a setting, and the program accepts the values.

use std::fs;

use auth_domain::model::ConcurrentRefresh;

use super::*;
use crate::compose;

const PRODUCTION: &str = include_str!("../../../../../config/production.toml");
const ENVIRONMENT: &str = include_str!("../../../../../config/example.env");
/// The folder of the secrets that the examples name.
const SECRETS: &str = "/run/secrets";

/// Returns a folder with the files that the examples expect in [`SECRETS`].
fn secrets() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    for (name, secret) in [
        ("admin", "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp"),
        ("postgres-url", "postgres://auth:sesame@db.example.com/hooksentry?sslmode=verify-full"),
        ("redis-url", "rediss://auth:sesame@redis.example.com:6380"),
        ("jwt-key", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h"),
    ] {
        fs::write(scratch.path().join(name), format!("{secret}\n")).unwrap();
    }
    scratch
}

fn assert_is_production(settings: &Settings) {
    assert!(matches!(settings.credentials, CredentialsBackend::Postgres(_)));
    assert!(matches!(settings.tokens.backend, TokensBackend::Redis(_)));
    assert_eq!(settings.tokens.sessions.concurrent_refresh, ConcurrentRefresh::Share);
    assert_eq!(settings.tokens.record_format, RecordFormat::Two);
    assert_eq!(settings.http.listen.to_string(), "0.0.0.0:8080");
    assert!(!settings.http.trusted_proxies.is_empty() && settings.admin.secret.is_some());
    assert!(!settings.http.documentation && !settings.http.readiness_details);
    assert_eq!((settings.password.legacy, settings.password.upgrade), (true, false));
    assert_eq!(settings.log.format, Some(LogFormat::Json));
}

#[test]
fn the_production_example_can_be_used_as_it_is() {
    let secrets = secrets();
    let file = secrets.path().join("production.toml");
    fs::write(&file, PRODUCTION.replace(SECRETS, secrets.path().to_str().unwrap())).unwrap();
    assert_is_production(&load(Some(&file), std::iter::empty(), compose::problems).unwrap());
}

#[test]
fn the_example_of_an_environment_can_be_used_as_it_is() {
    let secrets = secrets();
    let text = ENVIRONMENT.replace(SECRETS, secrets.path().to_str().unwrap());
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let variables = lines.map(|line| line.split_once('=').unwrap());
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    assert_is_production(&load(None, variables, compose::problems).unwrap());
}

#[test]
fn every_setting_in_the_examples_is_known_also_in_comments() {
    for text in [DEFAULTS, PRODUCTION] {
        let is_setting = |line: &str| line.split_once(" = \"").is_some_and(|(name, _)| !name.contains(' '));
        let uncommented: Vec<_> = text
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(commented) if is_setting(commented) => {
                    commented.split("   ").next().unwrap_or(commented)
                }
                _ => line,
            })
            .collect();
        assert!(uncommented.len() > text.lines().filter(|line| line.starts_with('#')).count());
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("config.toml");
        fs::write(&file, uncommented.join("\n")).unwrap();
        let Err(failure) = load(Some(&file), std::iter::empty(), |_| Vec::new()) else { continue };
        let text = failure.to_string();
        assert!(!text.contains("no such setting") && !text.contains("TOML"), "{text}");
    }
}
