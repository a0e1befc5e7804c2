use std::path::Path;

use super::*;
use crate::config::{ENVIRONMENT_PREFIX, load};

const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
const POSTGRES: [(&str, &str); 2] =
    [("CREDENTIALS__BACKEND", "postgres"), ("POSTGRES__URL", "postgres://auth@127.0.0.1:1/hooksentry")];
const REDIS: [(&str, &str); 2] = [("TOKENS__BACKEND", "redis"), ("REDIS__URL", "redis://127.0.0.1:1")];

fn settings(data_dir: &Path, variables: &[(&str, &str)]) -> Settings {
    let data_dir = [("DATA_DIR", data_dir.to_str().unwrap()), ("JWT__KEY", KEY)];
    let variables = data_dir.iter().chain(variables);
    let variables =
        variables.map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    load(None, variables, problems).unwrap()
}

fn names(parts: &Parts) -> Vec<&'static str> {
    parts.dependencies.iter().map(|dependency| dependency.name()).collect()
}

// No server is contacted yet, so none needs to run.
#[tokio::test]
async fn every_combination_of_backends_is_composed() {
    let cases: [(&[_], &[_], &[&str]); 4] = [
        (&[], &[], &["embedded_store"]),
        (&POSTGRES, &[], &["postgres", "embedded_store"]),
        (&[], &REDIS, &["redis", "embedded_store"]),
        (&POSTGRES, &REDIS, &["postgres", "redis"]),
    ];
    for (credentials, tokens, dependencies) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let data_dir = scratch.path().join("data");
        let settings = settings(&data_dir, &[credentials, tokens].concat());
        let parts = compose(&settings, Purpose::Serve { workers: 2 }).unwrap();
        assert_eq!(names(&parts), dependencies);
        let is_embedded = dependencies.contains(&"embedded_store");
        assert_eq!((data_dir.exists(), parts.locks.is_some()), (is_embedded, is_embedded));
        assert_eq!(parts.legacy.is_some(), !tokens.is_empty());
    }
}

#[tokio::test]
async fn only_the_server_locks_the_data_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let settings = settings(&scratch.path().join("data"), &[]);
    let serving = compose(&settings, Purpose::Serve { workers: 2 }).unwrap();
    for purpose in [Purpose::Administer, Purpose::Diagnose] {
        assert!(compose(&settings, purpose).unwrap().locks.is_none());
    }
    assert!(compose(&settings, Purpose::Serve { workers: 2 }).is_err());
    drop(serving);
    assert!(compose(&settings, Purpose::Serve { workers: 2 }).is_ok());
}

#[tokio::test]
async fn only_a_server_with_cached_verification_has_a_denylist_cache() {
    let scratch = tempfile::tempdir().unwrap();
    let composed = |variables: &[(&str, &str)], purpose| {
        let settings = settings(&scratch.path().join("data"), &[&REDIS, &POSTGRES, variables].concat());
        compose(&settings, purpose).unwrap()
    };
    let cached = [("TOKENS__VERIFICATION", "cached")];
    let serving = composed(&cached, Purpose::Serve { workers: 2 });
    assert_eq!(serving.denylist_cache.map(|cache| cache.is_trusted()), Some(false));
    assert!(composed(&[], Purpose::Serve { workers: 2 }).denylist_cache.is_none());
    for purpose in [Purpose::Administer, Purpose::Diagnose] {
        assert!(composed(&cached, purpose).denylist_cache.is_none());
    }
}

#[test]
fn problems_of_every_adapter_are_reported() {
    let variables = [
        ("CREDENTIALS__BACKEND", "postgres"),
        ("POSTGRES__URL", "mysql://sesame@db.example.com"),
        ("TOKENS__BACKEND", "redis"),
        ("REDIS__URL", "redis://:sesame@redis.example.com"),
        ("JWT__KEY", "feeble"),
        ("PASSWORD__ITERATIONS", "1"),
    ];
    let named = variables.map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    let Err(failure) = load(None, named.into_iter(), problems) else { panic!("loaded") };
    let text = failure.to_string();
    for name in ["POSTGRES__URL", "REDIS__URL", "JWT__KEY", "PASSWORD__MEMORY_KIB"] {
        assert!(text.contains(&format!("{ENVIRONMENT_PREFIX}{name}")), "{name} is not in\n{text}");
    }
    assert!(!text.contains("sesame") && !text.contains("feeble"), "{text}");
}

fn problems_of(variables: &[(&str, &str)]) -> String {
    let named =
        variables.iter().map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    load(None, named, problems).err().map_or_else(String::new, |failure| failure.to_string())
}

#[test]
fn cached_verification_on_a_cluster_is_rejected_by_name() {
    let key = ("JWT__KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978");
    let of = |url, verification| {
        problems_of(&[
            key,
            ("TOKENS__BACKEND", "redis"),
            ("REDIS__URL", url),
            ("TOKENS__VERIFICATION", verification),
        ])
    };
    let (cluster, sentinel) = ("redis-cluster://127.0.0.1:7000", "redis-sentinel://127.0.0.1:26379/primary");
    let problem = of(cluster, "cached");
    assert!(
        problem.contains("HOOKSENTRY_AUTH__TOKENS__VERIFICATION: ") && problem.contains("strict"),
        "{problem}"
    );
    for (url, verification) in [(cluster, "strict"), (sentinel, "cached")] {
        assert!(!of(url, verification).contains("TOKENS__VERIFICATION"), "{url}");
    }
}

// S-92
#[test]
fn the_admin_secret_is_strong_and_not_a_jwt_key() {
    let other = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
    assert_eq!(problems_of(&[("JWT__KEY", KEY), ("ADMIN__SECRET", other)]), "");
    for weak in ["a".repeat(40), "1234567890".repeat(4), other[1..].to_owned(), "0123456789abcdef".repeat(2)]
    {
        let text = problems_of(&[("ADMIN__SECRET", &weak)]);
        assert!(text.contains("__ADMIN__SECRET: ") && !text.contains(&weak), "{text}");
    }
    for setting in ["JWT__KEY", "JWT__PREVIOUS_KEYS"] {
        let text = problems_of(&[(setting, other), ("ADMIN__SECRET", other)]);
        assert!(text.contains("__ADMIN__SECRET: ") && text.contains(setting), "{text}");
        assert!(!text.contains(other), "{text}");
    }
}

// S-92
#[test]
fn the_admin_secret_differs_from_the_generated_key() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data").to_str().unwrap().to_owned();
    let variables = |more: &[(&str, &str)]| {
        let all = [&[("DATA_DIR", data_dir.as_str())], more].concat();
        let named =
            all.iter().map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
        named.collect::<Vec<_>>().into_iter()
    };
    let with = |more: &[(&str, &str)]| {
        compose(&load(None, variables(more), problems).unwrap(), Purpose::Serve { workers: 2 })
    };
    drop(with(&[]).unwrap());
    let key = std::fs::read_to_string(scratch.path().join("data/jwt.key")).unwrap();
    let is_rejected = || {
        let Err(failure) = with(&[("ADMIN__SECRET", key.trim())]) else { panic!("composed") };
        assert!(failure.to_string().contains("ADMIN__SECRET"), "{failure}");
    };
    is_rejected();
    // The key is still accepted after a rotation.
    drop(rotate_key(&load(None, variables(&[]), problems).unwrap()).unwrap());
    is_rejected();
}

// S-38
#[test]
fn a_guessable_key_is_rejected_or_gives_a_warning() {
    let guessable = "vector-key-0123456789abcdef-0123456789abcdef";
    for setting in ["JWT__KEY", "JWT__PREVIOUS_KEYS"] {
        let keys: Vec<_> = [("JWT__KEY", KEY), (setting, guessable)].into();
        let text = problems_of(&keys);
        assert!(text.contains(&format!("__{setting}: ")) && text.contains("JWT__WEAK_KEY=warn"), "{text}");
        assert!(!text.contains(guessable), "{text}");
        assert_eq!(problems_of(&[&keys[..], &[("JWT__WEAK_KEY", "warn")]].concat()), "");
    }
    for weak in ["0123456789abcdef0123456789abcdef", "short", &"ab".repeat(20)] {
        let text = problems_of(&[("JWT__KEY", weak), ("JWT__WEAK_KEY", "warn")]);
        assert!(text.contains("__JWT__KEY: ") && !text.contains("WEAK_KEY=warn"), "{text}");
    }
}
