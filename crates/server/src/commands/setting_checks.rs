//! Checks of settings that are valid one by one, but may not be what the administrator intended.

use auth_domain::ports::Check;

use crate::compose;
use crate::config::{CredentialsBackend, Settings};
use crate::proxy_ranges;

/// Returns the checks of the settings. Nothing is contacted.
pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks = proxies(settings);
    checks.extend([passwords(settings), keys(settings), admin(settings)]);
    checks.extend(clear_text_secret(settings));
    checks.extend(settings.readable_secrets.iter().map(|file| {
        Check::warning(format!(
            "{file} is readable by every user of this machine; run `chmod o-r` on it, unless it is mounted into a container \
             that runs nothing else"
        ))
    }));
    checks.extend(compose::warnings(settings).into_iter().map(Check::warning));
    checks
}

fn proxies(settings: &Settings) -> Vec<Check> {
    let http = &settings.http;
    let summary = match http.trusted_proxies.len() {
        0 if http.listen.ip().is_loopback() => Check::ok(format!(
            "HTTP__LISTEN={}: only this machine can connect, and no proxy is trusted",
            http.listen
        )),
        0 => Check::warning(
            "HTTP__TRUSTED_PROXIES is empty: behind a proxy all users share one address, and ten failures of one user lock \
             out all the others; if there are proxies, list their addresses",
        ),
        count => Check::ok(format!("HTTP__TRUSTED_PROXIES has {count} entries")),
    };
    let ranges = proxy_ranges::warnings(&http.trusted_proxies);
    [vec![summary], ranges].concat()
}

fn passwords(settings: &Settings) -> Check {
    match (settings.password.legacy, settings.password.upgrade) {
        (true, true) => Check::warning(
            "PASSWORD__LEGACY and PASSWORD__UPGRADE are on: a login replaces a legacy hash, and the legacy service cannot read \
             the new one; set PASSWORD__UPGRADE=off until only this service reads the column",
        ),
        (true, false) => Check::ok("PASSWORD__LEGACY=on: legacy hashes verify and are not replaced"),
        (false, true) => Check::ok(
            "PASSWORD__LEGACY=off: legacy hashes are rejected; other hashes are replaced when their parameters are outdated",
        ),
        (false, false) => Check::ok("PASSWORD__LEGACY=off: legacy hashes are rejected; no hash is replaced"),
    }
}

fn keys(settings: &Settings) -> Check {
    match settings.jwt.previous_keys.len() {
        0 => Check::ok("access tokens are signed and verified with one key"),
        count => {
            let lifetime = humantime::format_duration(settings.tokens.sessions.access_ttl);
            Check::warning(format!(
                "JWT__PREVIOUS_KEYS has {count} keys, which access tokens still verify with; remove them once no instance has signed \
                 with them for {lifetime}"
            ))
        }
    }
}

fn admin(settings: &Settings) -> Check {
    let admin = &settings.admin;
    match (&settings.credentials, &admin.secret) {
        (CredentialsBackend::Postgres(_), None) => Check::warning(
            "ADMIN__SECRET is not set: the HookSentry platform cannot end a user's sessions when it changes their password or \
             deactivates them; set it, and let the platform call POST /users/{id}/end-sessions",
        ),
        (CredentialsBackend::Postgres(_) | CredentialsBackend::Embedded, Some(_)) => {
            Check::ok("the HookSentry platform can end a user's sessions on the admin listener")
        }
        (CredentialsBackend::Embedded, None) if admin.listen.is_none() => {
            Check::ok("the admin listener is off")
        }
        (CredentialsBackend::Embedded, None) => Check::ok("the admin listener serves only metrics"),
    }
}

/// Returns a warning if the admin secret can be read on the network: the admin listener has no TLS (S-92).
fn clear_text_secret(settings: &Settings) -> Option<Check> {
    let listen = settings.admin.listen.filter(|address| !address.ip().is_loopback())?;
    settings.admin.secret.as_ref()?;
    Some(Check::warning(format!(
        "ADMIN__SECRET is sent in plain text to {listen}: set ADMIN__LISTEN to a loopback address behind a proxy that \
         terminates TLS, or restrict the network (a network policy, a service mesh)"
    )))
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use super::*;
    use crate::config::{ENVIRONMENT_PREFIX, load};

    const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";

    fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
        let variables = variables
            .iter()
            .map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
        let settings = load(None, variables, |_| Vec::new()).unwrap();
        let checks = checks(&settings);
        assert!(checks.iter().all(|check| check.severity != Severity::Error));
        let warnings = checks.into_iter().filter(|check| check.severity == Severity::Warning);
        warnings.map(|check| check.text).collect()
    }

    #[test]
    fn the_defaults_give_no_warning() {
        assert_eq!(warnings(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_surprising_combination_is_a_warning_with_a_remedy() {
        let postgres =
            [("CREDENTIALS__BACKEND", "postgres"), ("POSTGRES__URL", "postgres://a@b/c"), ("JWT__KEY", KEY)];
        let cases: [(&[(&str, &str)], &str); 8] = [
            (&[("HTTP__LISTEN", "0.0.0.0:8080")], "HTTP__TRUSTED_PROXIES"),
            (&[("HTTP__TRUSTED_PROXIES", "10.0.0.0/8")], "list the address of each proxy"),
            (&[("HTTP__TRUSTED_PROXIES", "10.0.0.1, 8.8.8.0/24")], "8.8.8.0/24 is public"),
            (&[("PASSWORD__LEGACY", "on")], "PASSWORD__UPGRADE=off"),
            (&[("JWT__PREVIOUS_KEYS", KEY)], "15m"),
            (&postgres, "ADMIN__SECRET"),
            // S-92
            (&[("ADMIN__LISTEN", "0.0.0.0:9080"), ("ADMIN__SECRET", KEY)], "plain text"),
            // S-38
            (
                &[("JWT__WEAK_KEY", "warn"), ("JWT__KEY", "vector-key-0123456789abcdef-0123456789abcdef")],
                "remove JWT__WEAK_KEY",
            ),
        ];
        for (variables, remedy) in cases {
            let warnings = warnings(variables);
            assert!(warnings.len() == 1 && warnings[0].contains(remedy), "{remedy}: {warnings:?}");
        }
    }

    #[test]
    fn the_remedies_remove_the_warnings() {
        let proxies = [("HTTP__LISTEN", "0.0.0.0:8080"), ("HTTP__TRUSTED_PROXIES", "10.0.0.1, ::1")];
        assert_eq!(warnings(&proxies), Vec::<String>::new());
        let private = [("ADMIN__LISTEN", "127.0.0.1:9080"), ("ADMIN__SECRET", KEY)];
        assert_eq!(warnings(&private), Vec::<String>::new());
        assert_eq!(warnings(&[("JWT__WEAK_KEY", "warn"), ("JWT__KEY", KEY)]), Vec::<String>::new());
        let passwords = [("PASSWORD__LEGACY", "on"), ("PASSWORD__UPGRADE", "off")];
        assert_eq!(warnings(&passwords), Vec::<String>::new());
    }
}
