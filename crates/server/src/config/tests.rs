use std::net::IpAddr;
use std::time::Duration;

use auth_domain::mocks;
use auth_domain::model::{ConcurrentRefresh, RefreshLimits};

use super::*;

mod examples;
mod mistakes;
mod secrets;
mod stores;

fn with(variables: &[(&str, &str)]) -> Result<Settings, CommandError> {
    let variables =
        variables.iter().map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    load(None, variables, |_| Vec::new())
}

fn problems(variables: &[(&str, &str)]) -> Vec<String> {
    match with(variables) {
        Err(CommandError::Settings(problems)) => problems,
        Err(other) => panic!("{other}"),
        Ok(settings) => panic!("{settings:?}"),
    }
}

#[test]
fn the_defaults_need_no_server() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.tokens.denylist_margin, Duration::from_secs(305));
    assert_eq!(settings.login_limit.limits, auth_testkit::LOGIN_LIMITS);
    assert!(settings.login_limit.exempt.is_empty());
    assert_eq!((settings.password.memory_kib, settings.password.iterations), (19_456, 2));
    assert!(matches!(settings.credentials, CredentialsBackend::Embedded));
    assert!(matches!(settings.tokens.backend, TokensBackend::Embedded));
    assert_eq!(settings.admin.listen.unwrap().to_string(), "127.0.0.1:9080");
    assert!(settings.admin.secret.is_none());
    assert!(settings.jwt.key.is_none() && !settings.password.legacy && settings.log.format.is_none());
}

// The tests of all crates use these policies. Production code takes its policies from the settings.
#[test]
fn the_policies_of_tests_are_the_defaults() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.tokens.sessions, mocks::session_policy());
    assert_eq!(settings.password_policy(), mocks::password_policy());
    assert_eq!(settings.login_policy(), mocks::login_policy());
}

// S-79
#[test]
fn only_exact_cors_origins_are_accepted() {
    let origins = |text: &str| with(&[("HTTP__CORS_ORIGINS", text)]).unwrap().http.cors_origins;
    assert!(origins("").is_empty() && with(&[]).unwrap().http.cors_origins.is_empty());
    for good in [
        "https://app.example.com",
        "http://localhost:5173",
        "http://[::1]:8080",
        "https://xn--bcher-kva.example",
    ] {
        assert_eq!(origins(good), [good]);
    }
    assert_eq!(
        origins("https://a.example, https://b.example:8443"),
        ["https://a.example", "https://b.example:8443"]
    );
    for (bad, remedy) in [
        ("*", "write each one out, without wildcards, for example https://app.example.com"),
        ("https://*.example.com", "for example https://app.example.com"),
        ("null", "for example https://app.example.com"),
        ("app.example.com", "for example https://app.example.com"),
        ("ftp://app.example.com", "for example https://app.example.com"),
        ("chrome-extension://abcdef", "for example https://app.example.com"),
        ("https://app.example.com/", "write https://app.example.com"),
        ("https://app.example.com/login?x#y", "write https://app.example.com"),
        ("https://app.example.com:443", "write https://app.example.com"),
        ("HTTPS://App.Example.com", "write https://app.example.com"),
        ("https://bücher.example", "write https://xn--bcher-kva.example"),
    ] {
        let problems = problems(&[("HTTP__CORS_ORIGINS", bad)]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("HOOKSENTRY_AUTH__HTTP__CORS_ORIGINS: \""), "{}", problems[0]);
        assert!(problems[0].ends_with(remedy), "{}", problems[0]);
    }
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("config.toml");
    std::fs::write(&file, "[tokens]\naccess_ttl = \"5m\"\nrefresh_ttl = \"1d\"\n").unwrap();
    let variables = [("HOOKSENTRY_AUTH__TOKENS__ACCESS_TTL".into(), "60s".into())];
    let settings = load(Some(&file), variables.into_iter(), |_| Vec::new()).unwrap();
    assert_eq!(settings.tokens.sessions.access_ttl, Duration::from_mins(1));
    assert_eq!(settings.tokens.sessions.refresh_ttl, Duration::from_hours(24));
    assert_eq!(settings.tokens.sessions.session_ttl, mocks::session_policy().session_ttl);
}

#[test]
fn every_problem_is_reported_at_once_with_the_name_of_the_setting() {
    let problems = problems(&[
        ("HTTP__LISTEN", "nowhere"),
        ("TOKENS__ACCESS_TTL", "0s"),
        ("PASSWORD__UPGRADE", "maybe"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.0/8, x"),
        ("CREDENTIALS__BACKEND", "mysql"),
        ("NO__SUCH", "1"),
    ]);
    assert_eq!(problems.len(), 6, "{problems:#?}");
    for name in
        ["HTTP__LISTEN", "TOKENS__ACCESS_TTL", "PASSWORD__UPGRADE", "HTTP__TRUSTED_PROXIES", "NO__SUCH"]
    {
        assert!(
            problems.iter().any(|problem| problem.starts_with(&format!("{ENVIRONMENT_PREFIX}{name}: "))),
            "{name}"
        );
    }
}

#[test]
fn values_out_of_range_are_rejected() {
    for (name, value) in [
        ("TOKENS__ACCESS_TTL", "1500ms"),
        ("TOKENS__ACCESS_TTL", "8d"),
        ("TOKENS__REFRESH_TTL", "91d"),
        ("TOKENS__MAX_SESSIONS", "0"),
        ("TOKENS__REUSE_LEEWAY", "-1s"),
        ("TOKENS__REUSE_LEEWAY", "61s"),
        ("TOKENS__CONCURRENT_REFRESH", "shared"),
        ("TOKENS__REFRESHES_PER_MINUTE", "-1"),
        ("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "many"),
        ("HTTP__DRAIN_DELAY", "11m"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.1, 0.0.0.0/0"),
        ("LOGIN_LIMIT__MAX_FAILURES", "0"),
        ("LOGIN_LIMIT__WINDOW", "20y"),
        ("PASSWORD__CONCURRENCY", "many"),
        ("PASSWORD__MEMORY_KIB", "4294967296"),
        ("PASSWORD__KERNEL", "avx2"),
        ("HTTP__CLIENT_ADDRESS_HEADER", "x-real-ip"),
        ("JWT__ISSUER", ""),
        ("TOKENS__DENYLIST_MARGIN", "5s"),
        ("LOG__FORMAT", "xml"),
        ("LOG__FILTER", "auth=loudly"),
        ("LOG__FILTER", "inof"),
        ("LOG__FILTER", "info,hooksentry_auth"),
        ("LOG__FILTER", ""),
        ("DATA_DIR", ""),
    ] {
        assert_eq!(problems(&[(name, value)]).len(), 1, "{name}={value}");
    }
}

// S-95
#[test]
fn record_format_is_1_by_default_and_1_or_2() {
    let format = |text| with(&[("TOKENS__RECORD_FORMAT", text)]).unwrap().tokens.record_format;
    assert_eq!(with(&[]).unwrap().tokens.record_format, RecordFormat::One);
    assert_eq!((format("1"), format("2")), (RecordFormat::One, RecordFormat::Two));
    let problems = problems(&[("TOKENS__RECORD_FORMAT", "3")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("HOOKSENTRY_AUTH__TOKENS__RECORD_FORMAT: \"3\" is not"), "{problems:?}");
}

#[test]
fn share_needs_a_grace_period() {
    let share = ("TOKENS__CONCURRENT_REFRESH", "share");
    assert_eq!(with(&[share]).unwrap().tokens.sessions.concurrent_refresh, ConcurrentRefresh::Share);
    let problems = problems(&[share, ("TOKENS__REUSE_LEEWAY", "0s")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("HOOKSENTRY_AUTH__TOKENS__CONCURRENT_REFRESH: "), "{problems:?}");
}

// S-95
#[test]
fn the_kernel_of_passwords_is_auto_or_portable() {
    for (value, portable) in [("auto", false), ("portable", true)] {
        assert_eq!(with(&[("PASSWORD__KERNEL", value)]).unwrap().password.portable_kernel, portable);
    }
    let problems = problems(&[("PASSWORD__KERNEL", "fast")]);
    assert_eq!(
        problems,
        ["HOOKSENTRY_AUTH__PASSWORD__KERNEL: \"fast\" is not known; write auto or portable"]
    );
}

#[test]
fn a_limit_of_refreshes_is_switched_off_by_zero() {
    let limits = [("TOKENS__REFRESHES_PER_MINUTE", "0"), ("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0")];
    let limits = with(&limits).unwrap().tokens.sessions.refresh_limits;
    assert_eq!(limits, RefreshLimits { per_session: None, per_user: None });
}

// S-95
#[test]
fn levels_and_filters_of_modules_and_spans_are_accepted() {
    for filter in
        ["off", "INFO", "warn,hooksentry_auth=debug", "info,actix_http=trace", "info,[request{id=1}]=trace"]
    {
        assert_eq!(with(&[("LOG__FILTER", filter)]).unwrap().log.filter, filter);
    }
}

// S-95
#[test]
fn a_list_is_rejected_where_one_value_is_expected() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("config.toml");
    for text in ["[jwt]\nissuer = [\"a\", \"b\"]", "[jwt]\nkey_id = [\"a\"]", "data_dir = [\"a\"]"] {
        std::fs::write(&file, text).unwrap();
        let Err(failure) = load(Some(&file), std::iter::empty(), |_| Vec::new()) else { panic!("{text}") };
        assert!(failure.to_string().contains("it is a list; write one value"), "{failure}");
    }
}

// S-95
#[test]
fn a_variable_with_a_misspelt_prefix_is_rejected_by_name() {
    let load =
        |name: &str, value: &str| load(None, [(name.into(), value.into())].into_iter(), |_| Vec::new());
    for name in [
        "HOOKSENTRY_AUTH_LOG__FILTER",
        "HOOKSENTRY_AUTH_LOG_FILTER",
        "hooksentry_auth__log__filter",
        "HOOKSENTRY_AUTH_HTTP_PORT",
    ] {
        let Err(failure) = load(name, "info") else { panic!("{name} is accepted") };
        assert!(failure.to_string().contains(&format!("{name}: settings begin with")), "{failure}");
    }
    // Variables of other programs, and those that Kubernetes sets for services with such names.
    for (name, value) in [
        ("HOOKSENTRY_URL", "x"),
        ("HOOKSENTRY_AUTHORITY", "x"),
        ("HOOKSENTRY_AUTH_SERVICE_HOST", "10.0.0.7"),
        ("HOOKSENTRY_AUTH_SERVICE_PORT", "8080"),
        ("HOOKSENTRY_AUTH_SERVICE_PORT_HTTP", "8080"),
        ("HOOKSENTRY_AUTH_PORT", "tcp://10.0.0.7:8080"),
        ("HOOKSENTRY_AUTH_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ("HOOKSENTRY_AUTH_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("HOOKSENTRY_AUTH_ADMIN_PORT", "tcp://10.0.0.8:9080"),
    ] {
        assert!(load(name, value).is_ok(), "{name}");
    }
}

#[test]
fn lists_are_separated_by_commas() {
    let settings = with(&[("HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap();
    let loopback: IpAddr = "::1".parse().unwrap();
    assert_eq!(settings.http.trusted_proxies, ["10.0.0.0/8".parse().unwrap(), loopback.into()]);
}

// S-40
#[test]
fn a_secret_is_read_from_a_variable_or_a_file_and_never_printed() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("key");
    std::fs::write(&file, "from the file\n").unwrap();
    let path = file.to_str().unwrap();

    let settings = with(&[("JWT__KEY", "sesame")]).unwrap();
    assert_eq!(settings.jwt.key.as_ref().unwrap().expose(), "sesame");
    assert!(!format!("{settings:?}").contains("sesame"));
    let settings = with(&[("JWT__KEY_FILE", path)]).unwrap();
    assert_eq!(settings.jwt.key.unwrap().expose(), "from the file");

    let both = problems(&[("JWT__KEY", "sesame"), ("JWT__KEY_FILE", path)]);
    assert!(both.len() == 1 && !both[0].contains("sesame"));
    assert!(problems(&[("JWT__KEY_FILE", "/etc/no-such-file")])[0].contains("/etc/no-such-file"));
}

#[test]
fn a_file_that_cannot_be_read_or_parsed_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("config.toml");
    std::fs::write(&file, "[http\n").unwrap();
    for path in [file.as_path(), Path::new("/no/such.toml")] {
        let Err(failure) = load(Some(path), std::iter::empty(), |_| Vec::new()) else { panic!("loaded") };
        assert!(failure.to_string().contains(path.to_str().unwrap()), "{failure}");
    }
}

// S-40
#[test]
fn errors_of_a_broken_file_do_not_print_its_secrets() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("config.toml");
    for text in ["[jwt]\nkey = \"sesame", "[jwt]\nkey = sesame", "[jwt]\nkey = \"sesame\"\nkey = \"sesame\""]
    {
        std::fs::write(&file, text).unwrap();
        let Err(failure) = load(Some(&file), std::iter::empty(), |_| Vec::new()) else { panic!("loaded") };
        assert!(failure.to_string().contains("line") && !failure.to_string().contains("sesame"), "{failure}");
    }
}

#[test]
fn problems_of_the_adapters_are_reported_with_the_others() {
    let variables = [("HOOKSENTRY_AUTH__NO__SUCH".into(), "1".into())];
    let Err(failure) = load(None, variables.into_iter(), |_| vec!["too weak".to_owned()]) else {
        panic!("loaded")
    };
    let text = failure.to_string();
    assert!(text.contains("NO__SUCH") && text.contains("too weak"), "{text}");
}
