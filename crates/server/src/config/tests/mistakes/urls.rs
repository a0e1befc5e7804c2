//! The rows of the secrets.

use super::Row;
use super::kinds::FILE;

const KEY: (&str, &str) = ("JWT__KEY", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h");
const POSTGRES: &[(&str, &str)] = &[KEY, ("CREDENTIALS__BACKEND", "postgres")];
const REDIS: &[(&str, &str)] = &[KEY, ("TOKENS__BACKEND", "redis")];

/// Of a key or token. No part at fault is named: it would be a part of the secret.
const SECRET: &[(&str, &str)] = &[
    ("", "empty"),
    (" ", "white space"),
    (" 0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp", "white space"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp ", "white space"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\n", "white space"),
    ("\u{feff}0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp", "byte order mark"),
    ("\"0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\"", "quotation marks"),
    ("'0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp'", "quotation marks"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp'", "quotation marks"),
    ("`0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp`", "quotation marks"),
    ("\u{201c}0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\u{201d}", "quotation marks"),
    ("changeme", "shorter"),
    ("secret", "shorter"),
    ("true", "shorter"),
    ("none", "shorter"),
    ("$JWT_KEY", "placeholder"),
    ("${JWT_KEY}", "placeholder"),
    ("{{ key }}", "placeholder"),
    ("/run/secrets/jwt-key", "shorter"),
    ("${JWT_KEY:-0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp}", "placeholder"),
    ("00000000000000000000000000000000", "different bytes"),
    ("0123456789abcdef0123456789abcdef", "published"),
];

const fn row(setting: &'static str, parts: &'static [(&'static str, &'static str)]) -> Row {
    Row { setting, with: &[], used: &[], rejected: &[], parts }
}

const fn file(setting: &'static str, with: &'static [(&'static str, &'static str)]) -> Row {
    Row { setting, with, used: &[], rejected: &[FILE], parts: FILE_PARTS }
}

/// Paths that are not printed in full, because they can be secrets.
const FILE_PARTS: &[(&str, &str)] = &[
    ("", "path"),
    ("~/file", "~/file"),
    ("file:///run/file", "cannot be read"),
    ("\"/run/file\"", "/run/file"),
    ("'/run/file'", "/run/file"),
    ("$HOME/file", "$HOME/file"),
    ("${HOME}/file", "${HOME}/file"),
    ("/no/such/file\n", "cannot be read"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp", "pasted"),
    ("postgres://auth:sesame@db/users", "pasted"),
];

pub(super) const ROWS: &[Row] = &[
    row("JWT__KEY", SECRET),
    file("JWT__KEY_FILE", &[]),
    Row { with: &[KEY], ..row("JWT__PREVIOUS_KEYS", PREVIOUS) },
    file("JWT__PREVIOUS_KEYS_FILE", &[KEY]),
    row("ADMIN__SECRET", SECRET),
    file("ADMIN__SECRET_FILE", &[]),
    Row { with: POSTGRES, used: POSTGRES_USED, ..row("POSTGRES__URL", POSTGRES_URL) },
    file("POSTGRES__URL_FILE", POSTGRES),
    Row { with: REDIS, used: REDIS_USED, ..row("REDIS__URL", REDIS_URL) },
    file("REDIS__URL_FILE", REDIS),
];

const PREVIOUS: &[(&str, &str)] = &[
    (" 0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp", "white space"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp ", "white space"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\n", "line 2"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\n\nKDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg", "line 2"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp,KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg", "commas"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp, KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg", "commas"),
    ("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp,", "comma"),
    ("\u{feff}0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp", "byte order mark"),
    ("\"0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\"", "quotation marks"),
    ("'0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp'", "quotation marks"),
    ("[\"0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp\"]", "list"),
    ("changeme", "shorter"),
    ("true", "shorter"),
    ("none", "shorter"),
    ("$OLD_KEY", "placeholder"),
    ("${OLD_KEY}", "placeholder"),
    ("{{ key }}", "placeholder"),
    ("/run/secrets/jwt-key", "shorter"),
    ("00000000000000000000000000000000", "different bytes"),
    ("0123456789abcdef0123456789abcdef", "published"),
];

const POSTGRES_USED: &[(&str, &str)] = &[
    ("postgres://auth:p%40%2Fw@localhost:5433,[::1]/users", "postgres://localhost"),
    ("postgresql://auth@db.example.com/users", "postgres://localhost"),
    ("postgres:///users?host=/run/postgresql", "postgres://localhost"),
    ("postgres://auth@localhost/users?sslmode=disable", "postgres://localhost"),
    ("postgres://auth@db/users?sslmode=verify-ca&channel_binding=require", "postgres://localhost"),
    (
        "postgres://db/users?user=auth&password=x&options=-c%20search_path%3Dx&target_session_attrs=primary&\
         load_balance_hosts=random&application_name=x&connect_timeout=1",
        "postgres://localhost",
    ),
];

const POSTGRES_URL: &[(&str, &str)] = &[
    ("", "empty"),
    (" postgres://localhost/users", "white space"),
    ("postgres://localhost/us ers", "white space"),
    ("\"postgres://localhost/users\"", "quotation marks"),
    ("db.example.com", "scheme"),
    ("host=db.example.com user=auth", "white space"),
    ("mysql://localhost/users", "postgres://"),
    ("jdbc:postgresql://localhost/users", "postgres://"),
    ("postgres:/localhost/users", "scheme"),
    ("postgres:///users", "host"),
    ("postgres://auth:p@ss@localhost/users", "an @"),
    ("postgres://auth:p/ss@localhost/users", "an @"),
    ("postgres://auth:p?ss@localhost/users", "an @"),
    ("postgres://auth:p#ss@localhost/users", "an @"),
    ("postgres://auth:p%ss@localhost/users", "the password"),
    ("postgres://auth:p%ffss@localhost/users", "the password"),
    ("postgres://au%th@localhost/users", "the user"),
    ("postgres://localhost:0/users", "port of host 1"),
    ("postgres://localhost:65536/users", "port of host 1"),
    ("postgres://localhost,db:x/users", "port of host 2"),
    ("postgres://localhost:/users", "port of host 1"),
    ("postgres://::1/users", "brackets"),
    ("postgres://[::1/users", "bracket"),
    ("postgres://0.0.0.0/users", "host 1"),
    ("postgres://localhost,,db/users", "host 2"),
    ("postgres://localhost;db/users", "host 1"),
    ("postgres://localhost/users/auth", "database"),
    ("postgres://localhost/users#auth", "# part"),
    ("postgres://localhost/users?no_such=1", "`no_such`"),
    ("postgres://localhost/users?SSLMODE=disable", "`SSLMODE`"),
    ("postgres://localhost/users?sslmode", "`sslmode`"),
    ("postgres://localhost/users?sslmode=Disable", "`sslmode`"),
    ("postgres://localhost/users?sslmode=verify_full", "`sslmode`"),
    ("postgres://localhost/users?sslmode=disable&sslmode=disable", "`sslmode`"),
    ("postgres://localhost/users?sslmode=disable;application_name=x", "`sslmode`"),
    ("postgres://db/users?sslmode=disable", "ALLOW_PLAIN_TEXT"),
    ("postgres://db/users?sslmode=allow", "ALLOW_PLAIN_TEXT"),
    ("postgres://db/users?sslmode=prefer", "ALLOW_PLAIN_TEXT"),
    ("postgres://localhost,db/users?sslmode=prefer", "ALLOW_PLAIN_TEXT"),
    ("postgres://db/users?sslmode=require", "POSTGRES__CA_FILE"),
    ("postgres://db/users?sslmode=require&sslrootcert=system", "sslrootcert=system"),
    ("postgres://db/users?sslrootcert=/no/such/file", "/no/such/file"),
    ("postgres://localhost/users?sslrootcert=/etc/ssl/ca.pem", "TLS"),
    ("postgres://localhost/users?channel_binding=require", "channel_binding"),
    ("postgres://localhost/users?channel_binding=on", "`channel_binding`"),
    ("postgres://localhost/users?sslnegotiation=direct", "sslnegotiation"),
    ("postgres://localhost/users?target_session_attrs=read-only", "`target_session_attrs`"),
    ("postgres://localhost/users?target_session_attrs=standby", "`target_session_attrs`"),
    ("postgres://localhost/users?load_balance_hosts=true", "`load_balance_hosts`"),
    ("postgres://localhost/users?connect_timeout=10", "`connect_timeout`"),
    ("postgres://localhost/users?connect_timeout=1s", "`connect_timeout`"),
    ("postgres://localhost,db/users?connect_timeout=1", "`connect_timeout`"),
    ("postgres://localhost/users?options=-c%20statement_timeout%3D0", "statement_timeout"),
    ("postgres://localhost/users?schema=auth", "search_path"),
    ("postgres://localhost/users?pool_size=5", "POSTGRES__POOL"),
    ("postgres://localhost/users?ssl=true", "sslmode"),
    ("postgres://localhost/users?keepalives=0", "`keepalives`"),
    ("postgres://localhost/users?dbname=other", "`dbname`"),
    ("postgres://auth@localhost/users?user=other", "`user`"),
    ("postgres://localhost/users?host=db", "host"),
    ("postgres://localhost:5432/users?port=5433", "port"),
    ("postgres://localhost,db/users?hostaddr=127.0.0.1", "hostaddr"),
    ("postgres://localhost/users?hostaddr=localhost", "`hostaddr`"),
];

const REDIS_USED: &[(&str, &str)] = &[
    ("redis://localhost:6379/3", "redis://localhost"),
    ("rediss://auth:p%40%2Fw@redis.example.com:6380", "redis://localhost"),
    ("redis://:sesame@[::1]:6379", "redis://localhost"),
    ("unix:///run/redis.sock?db=3&user=auth&pass=sesame", "redis://localhost"),
];

const REDIS_URL: &[(&str, &str)] = &[
    ("", "empty"),
    ("redis://localhost ", "white space"),
    ("\"redis://localhost\"", "quotation marks"),
    ("'redis://localhost'", "quotation marks"),
    ("localhost:6379", "scheme"),
    ("redis:localhost", "scheme"),
    ("http://localhost:6379", "scheme"),
    ("tcp://localhost:6379", "scheme"),
    ("redis-sentinel://localhost:26379/primary", "scheme"),
    ("redis://", "host"),
    ("redis:///3", "host"),
    ("redis://localhost,redis/3", "several hosts"),
    ("redis://localhost:6379;redis:6379", "host 1"),
    ("redis://auth@localhost", "password"),
    ("redis://sesame@localhost", "password"),
    ("redis://auth:@localhost", "password"),
    ("redis://:p/ss@localhost", "an @"),
    ("redis://:p#ss@localhost", "an @"),
    ("redis://:p@ss@localhost", "an @"),
    ("redis://:p%ss@localhost", "the password"),
    ("redis://localhost:port", "port of host 1"),
    ("redis://localhost:0", "port of host 1"),
    ("redis://::1:6379", "brackets"),
    ("redis://0.0.0.0:6379", "host 1"),
    ("redis://my%20host", "host 1"),
    ("redis://redis.example.com", "ALLOW_PLAIN_TEXT"),
    ("redis://localhost/tokens", "database"),
    ("redis://localhost/-1", "database"),
    ("redis://localhost/3/4", "database"),
    ("redis://localhost?db=3", "`db`"),
    ("redis://localhost/0?database=3", "`database`"),
    ("redis://localhost?password=sesame", "`password`"),
    ("redis://localhost?protocol=resp3", "`protocol`"),
    ("redis://localhost?timeout=5", "`timeout`"),
    ("rediss://localhost?ssl_cert_reqs=none", "`ssl_cert_reqs`"),
    ("rediss://localhost?ssl_ca_certs=/ca.pem", "REDIS__CA_FILE"),
    ("rediss://localhost#insecure", "#insecure"),
    ("redis://localhost#insecure", "# part"),
    ("rediss://localhost#tls", "# part"),
    ("unix://run/redis.sock", "socket"),
    ("unix:///run/redis.sock?user=auth", "password"),
    ("unix:///run/redis.sock?db=x", "database"),
    ("unix:///run/redis.sock?database=3", "`database`"),
];
