//! Settings that mean something else than they seem to.

use auth_e2e::Installation;

const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";

/// Returns the message of a start with these settings.
async fn rejection(settings: &[(&str, &str)]) -> String {
    let installation =
        settings.iter().fold(Installation::embedded(), |new, (name, value)| new.set(name, value));
    installation.rejects_to_serve().await
}

// S-95
#[tokio::test]
async fn misspelt_urls_stop_the_start_with_the_part_at_fault() {
    let key = ("JWT__KEY", KEY);
    let postgres = ("CREDENTIALS__BACKEND", "postgres");
    for (url, part) in [
        (
            "postgres://auth:sesame@127.0.0.1/users?sslrootcert=/no/ca.pem",
            "sslrootcert: it is used with TLS only",
        ),
        (
            "postgres://auth:sesame@db.example.com/users?sslmode=prefer",
            "sslmode allows passwords in plain text",
        ),
        ("postgres://auth:sesame@127.0.0.1/users?no_such=1", "unknown parameter `no_such`"),
        ("postgres://auth:ses/ame@127.0.0.1/users", "percent-encode"),
    ] {
        let message = rejection(&[key, postgres, ("POSTGRES__URL", url)]).await;
        assert!(message.contains("HOOKSENTRY_AUTH__POSTGRES__URL: "), "{message}");
        assert!(message.contains(part) && !message.contains("sesame"), "{message}");
    }
    let redis = ("TOKENS__BACKEND", "redis");
    for (url, part) in [
        ("redis://127.0.0.1?db=3", "unknown parameter `db`; write the number of the database as the path"),
        ("redis://auth@127.0.0.1", "the user has no password"),
    ] {
        let message = rejection(&[key, redis, ("REDIS__URL", url)]).await;
        assert!(message.contains("HOOKSENTRY_AUTH__REDIS__URL: ") && message.contains(part), "{message}");
    }
}

// S-95
#[tokio::test]
async fn values_that_mean_something_else_stop_the_start_by_name() {
    let settings = [
        ("LOG__FILTER", "hooksentry-auth=debug", "a target"),
        ("TOKENS__ACCESS_TTL", "15M", "the unit M"),
        ("LOGIN_LIMIT__WINDOW", "5ms", "too short"),
        ("JWT__ISSUER", "\"hooksentry-api\"", "quotation marks"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.5/8", "10.0.0.0/8"),
        ("DATA_DIR", "~/data", "the whole path"),
        ("POSTGRES__POOL", "8", "no effect"),
    ];
    let message = rejection(&settings.map(|(name, value, _)| (name, value))).await;
    for (name, _, part) in settings {
        let line = message.lines().find(|line| line.contains(name));
        assert!(line.is_some_and(|line| line.contains(part)), "{name}: {part} is not in\n{message}");
    }
}
