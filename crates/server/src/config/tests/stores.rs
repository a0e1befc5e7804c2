//! Backends, what each needs, and the admin listener.

use super::*;

const KEY: (&str, &str) = ("JWT__KEY", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h");
const ADMIN_SECRET: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";

#[test]
fn a_server_has_a_url_authorities_and_a_switch_for_plain_text() {
    let settings = with(&[
        KEY,
        ("CREDENTIALS__BACKEND", "postgres"),
        ("POSTGRES__URL", "postgres://sesame@db/hooksentry"),
        ("POSTGRES__CA_FILE", "/etc/ca.pem"),
        ("POSTGRES__ALLOW_PLAIN_TEXT", "on"),
    ])
    .unwrap();
    assert!(!format!("{settings:?}").contains("sesame"));
    let CredentialsBackend::Postgres(postgres) = settings.credentials else { panic!("embedded") };
    assert_eq!(postgres.pool, 4);
    let server = postgres.server;
    assert_eq!(server.url.expose(), "postgres://sesame@db/hooksentry");
    assert_eq!((server.ca_file.as_deref(), server.allow_plain_text), (Some(Path::new("/etc/ca.pem")), true));
    assert!(matches!(settings.tokens.backend, TokensBackend::Embedded));
}

#[test]
fn the_pool_of_postgres_has_1_to_100_connections() {
    let (backend, url) = (("CREDENTIALS__BACKEND", "postgres"), ("POSTGRES__URL", "postgres://db"));
    for (size, is_valid) in [("0", false), ("1", true), ("100", true), ("101", false), ("four", false)] {
        let problem = with(&[KEY, backend, url, ("POSTGRES__POOL", size)]).err();
        assert_eq!(problem.is_none(), is_valid, "{size}: {problem:?}");
        assert!(problem.is_none_or(|problem| format!("{problem:?}").contains("POSTGRES__POOL")), "{size}");
    }
}

// S-95
#[test]
fn the_pooler_of_postgres_is_none_or_transaction() {
    for (pooler, is_valid) in
        [("none", true), ("transaction", true), ("session", false), ("statement", false), ("on", false)]
    {
        let postgres = [KEY, ("CREDENTIALS__BACKEND", "postgres"), ("POSTGRES__URL", "postgres://db")];
        let problem = with(&[&postgres[..], &[("POSTGRES__POOLER", pooler)]].concat()).err();
        assert_eq!(problem.is_none(), is_valid, "{pooler}: {problem:?}");
        assert!(
            problem.is_none_or(|problem| format!("{problem:?}").contains("POSTGRES__POOLER")),
            "{pooler}"
        );
    }
}

#[test]
fn a_server_requires_its_url_and_a_jwt_key() {
    for (backend, url) in [("CREDENTIALS__BACKEND", "POSTGRES__URL"), ("TOKENS__BACKEND", "REDIS__URL")] {
        let server = if url == "REDIS__URL" { "redis" } else { "postgres" };
        let problems = problems(&[(backend, server)]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with(&format!("{ENVIRONMENT_PREFIX}{url}: ")), "{problems:?}");
        assert!(problems[0].contains(backend), "{problems:?}");
        assert!(problems[1].starts_with(&format!("{ENVIRONMENT_PREFIX}JWT__KEY: ")), "{problems:?}");
    }
}

#[test]
fn an_unused_url_is_a_problem_and_not_printed() {
    for (name, backend) in [("POSTGRES__URL", "CREDENTIALS__BACKEND"), ("REDIS__URL", "TOKENS__BACKEND")] {
        for name in [name.to_owned(), format!("{name}_FILE")] {
            let problems = problems(&[(&name, "sesame")]);
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            let expected =
                format!("{ENVIRONMENT_PREFIX}{name}: it has no effect, because {backend} is embedded; ");
            assert!(problem.starts_with(&expected) && !problem.contains("sesame"), "{problem}");
        }
    }
}

// S-95
#[test]
fn settings_of_a_backend_that_is_not_chosen_are_rejected() {
    for (name, value, default) in [
        ("POSTGRES__CA_FILE", "/etc/ca.pem", None),
        ("POSTGRES__ALLOW_PLAIN_TEXT", "on", Some("off")),
        ("POSTGRES__POOL", "5", Some("4")),
        ("REDIS__CA_FILE", "/etc/ca.pem", None),
        ("REDIS__ALLOW_PLAIN_TEXT", "on", Some("off")),
        ("REDIS__WAIT_REPLICAS", "1", Some("0")),
    ] {
        let problems = problems(&[(name, value)]);
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(problem.starts_with(&format!("{ENVIRONMENT_PREFIX}{name}: it has no effect")), "{problem}");
        assert!(default.is_none_or(|default| with(&[(name, default)]).is_ok()), "{name}");
    }
}

// S-95
#[test]
fn an_empty_variable_removes_the_setting_of_the_file_or_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, format!("[admin]\nsecret = \"{ADMIN_SECRET}\"\n")).unwrap();
    let empty = || [("HOOKSENTRY_AUTH__ADMIN__SECRET".into(), "".into())].into_iter();
    assert!(load(Some(&path), empty(), |_| Vec::new()).unwrap().admin.secret.is_none());
    assert!(load(Some(&path), std::iter::empty(), |_| Vec::new()).unwrap().admin.secret.is_some());
    let Err(failure) = load(None, empty(), |_| Vec::new()) else { panic!("loaded") };
    assert!(failure.to_string().contains("ADMIN__SECRET: it is empty"), "{failure}");
}

#[test]
fn an_unreadable_url_file_is_one_problem() {
    let problems = problems(&[KEY, ("TOKENS__BACKEND", "redis"), ("REDIS__URL_FILE", "/etc/no-such-file")]);
    assert!(problems.len() == 1 && problems[0].contains("/etc/no-such-file"), "{problems:?}");
}

#[test]
fn cached_verification_requires_redis() {
    assert_eq!(with(&[]).unwrap().tokens.verification, Verification::Strict);
    let redis = [KEY, ("TOKENS__BACKEND", "redis"), ("REDIS__URL", "redis://127.0.0.1")];
    let cached = ("TOKENS__VERIFICATION", "cached");
    assert_eq!(with(&[&redis[..], &[cached]].concat()).unwrap().tokens.verification, Verification::Cached);
    for wrong in [cached, ("TOKENS__VERIFICATION", "lenient")] {
        let problems = problems(&[wrong]);
        assert!(problems.len() == 1 && problems[0].contains("TOKENS__VERIFICATION: "), "{problems:?}");
    }
}

#[test]
fn the_admin_listener_can_be_off_and_its_secret_is_a_bearer_token() {
    assert!(with(&[("ADMIN__LISTEN", "")]).unwrap().admin.listen.is_none());
    let settings = with(&[("ADMIN__SECRET", ADMIN_SECRET)]).unwrap();
    assert_eq!(settings.admin.secret.as_ref().unwrap().expose(), ADMIN_SECRET);
    assert!(!format!("{settings:?}").contains(ADMIN_SECRET));

    // The secret is sent in a header, so a secret with a space would never match.
    let secret = ADMIN_SECRET.replace('S', " ");
    let problems_of_secret = problems(&[("ADMIN__SECRET", &secret)]);
    let [problem] = problems_of_secret.as_slice() else { panic!("{problems_of_secret:?}") };
    assert!(problem.contains("ADMIN__SECRET: ") && !problem.contains(&secret), "{problem}");
    let unused = problems(&[("ADMIN__LISTEN", ""), ("ADMIN__SECRET", ADMIN_SECRET)]);
    assert!(unused.len() == 1 && unused[0].contains("ADMIN__LISTEN is empty"), "{unused:?}");
    assert_eq!(problems(&[("ADMIN__LISTEN", "9080")]).len(), 1);
}
