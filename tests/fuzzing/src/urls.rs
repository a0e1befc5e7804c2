//! The URLs of servers.

use auth_adapter_postgres::{Pooler, PostgresConfig};
use auth_adapter_redis::RedisConfig;

/// A password that no message contains.
const PASSWORD: &str = "s3ntinel-passw0rd";

/// Returns the input as a URL, and a URL with a password whose other parts are the input.
fn urls(input: &[u8], schemes: &[&str]) -> Vec<String> {
    let Ok(text) = str::from_utf8(input) else { return Vec::new() };
    let with_password = schemes.iter().map(|scheme| format!("{scheme}://user:{PASSWORD}@{text}"));
    with_password.chain([text.to_owned()]).collect()
}

fn expect_no_password<E: std::error::Error>(url: &str, checked: Result<(), E>) {
    let Err(error) = checked else { return };
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD), "{url}: {text}");
    assert!(!text.is_empty());
}

/// No URL panics, and no error contains its password.
pub(crate) fn postgres(input: &[u8]) {
    for url in urls(input, &["postgres", "postgresql"]) {
        let config = PostgresConfig {
            url: url.clone(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            allow_plain_text: true,
            pool: PostgresConfig::DEFAULT_POOL,
            pooler: Pooler::None,
        };
        assert!(!format!("{config:?}").contains(PASSWORD));
        expect_no_password(&url, config.check());
    }
}

/// No URL panics, and no error contains its password.
pub(crate) fn redis(input: &[u8]) {
    for url in urls(input, &["redis"]) {
        let mut config = RedisConfig::new(url.clone());
        config.allow_plain_text = true;
        assert!(!format!("{config:?}").contains(PASSWORD));
        expect_no_password(&url, config.check());
    }
}
