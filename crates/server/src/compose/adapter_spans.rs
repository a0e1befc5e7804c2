//! The spans of adapters, by their targets.

/// The crates of adapters that are clients of a database, with its name in the semantic conventions of OpenTelemetry.
const DATABASES: [(&str, &str); 3] = [
    ("auth_adapter_postgres", "postgresql"),
    ("auth_adapter_redis", "redis"),
    ("auth_adapter_sqlite", "sqlite"),
];
/// A module that answers from memory. Its Redis calls have their own spans.
const IN_MEMORY: &str = "caching_denylist";

/// What the target of a span says about its adapter.
pub(crate) struct AdapterSpan<'a> {
    /// The module of the port.
    pub(crate) port: &'a str,
    /// The database that it calls.
    pub(crate) database: Option<&'static str>,
}

impl<'a> AdapterSpan<'a> {
    /// Returns the adapter of a target; `None` if it is of another crate.
    pub(crate) fn of_target(target: &'a str) -> Option<Self> {
        let (library, path) =
            target.split_once("::").filter(|(library, _)| library.starts_with("auth_adapter_"))?;
        let port = path.split("::").next().unwrap_or_default();
        let database = DATABASES.into_iter().find(|(adapter, _)| *adapter == library && port != IN_MEMORY);
        Some(Self { port, database: database.map(|(_, name)| name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_has_a_database_and_other_adapters_have_none() {
        for (target, port, database) in [
            ("auth_adapter_redis::session_store", "session_store", Some("redis")),
            ("auth_adapter_redis::caching_denylist", "caching_denylist", None),
            ("auth_adapter_postgres::user_repository::rows", "user_repository", Some("postgresql")),
            ("auth_adapter_sqlite::login_limiter", "login_limiter", Some("sqlite")),
            ("auth_adapter_argon2::password_hasher", "password_hasher", None),
        ] {
            let span = AdapterSpan::of_target(target).unwrap();
            assert_eq!((span.port, span.database), (port, database), "{target}");
        }
        assert!(AdapterSpan::of_target("auth_verifier::token_verifier").is_none());
    }
}
