//! The rows of all settings but the secrets.

use super::Row;
use super::kinds::{
    ADDRESS, DURATION, FILE, NAME, NETWORKS, NUMBER, PATH, POSITIVE_DURATION, SWITCH, UNREPLACED, WORD,
};

const KEY: (&str, &str) = ("JWT__KEY", "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h");
const POSTGRES: &[(&str, &str)] = &[
    KEY,
    ("CREDENTIALS__BACKEND", "postgres"),
    ("POSTGRES__URL", "postgres://auth@db.example.com/auth?sslmode=verify-full"),
];
const REDIS: &[(&str, &str)] =
    &[KEY, ("TOKENS__BACKEND", "redis"), ("REDIS__URL", "rediss://redis.example.com")];

/// A path that is no file, next to the file under test, which is read first or last.
const POSTGRES_KEY: &[(&str, &str)] = &[
    KEY,
    ("CREDENTIALS__BACKEND", "postgres"),
    ("POSTGRES__URL", "postgres://auth@db.example.com/auth"),
    ("POSTGRES__CLIENT_KEY_FILE", "/etc/no-such-key"),
];
const REDIS_KEY: &[(&str, &str)] = &[
    KEY,
    ("TOKENS__BACKEND", "redis"),
    ("REDIS__URL", "rediss://redis.example.com"),
    ("REDIS__CLIENT_KEY_FILE", "/etc/no-such-key"),
];
const POSTGRES_CERTIFICATE: &[(&str, &str)] = &[
    KEY,
    ("CREDENTIALS__BACKEND", "postgres"),
    ("POSTGRES__URL", "postgres://auth@db.example.com/auth"),
    ("POSTGRES__CLIENT_CERT_FILE", CERTIFICATE),
];
const REDIS_CERTIFICATE: &[(&str, &str)] = &[
    KEY,
    ("TOKENS__BACKEND", "redis"),
    ("REDIS__URL", "rediss://redis.example.com"),
    ("REDIS__CLIENT_CERT_FILE", CERTIFICATE),
];
/// A certificate that every Debian has.
const CERTIFICATE: &str = "/etc/ssl/certs/ca-certificates.crt";

const LIFETIMES: &[&[&str]] = &[DURATION, POSITIVE_DURATION, UNREPLACED];
const NUMBERS: &[&[&str]] = &[NUMBER, UNREPLACED, &["0", "-0"]];
const LIMITS: &[&[&str]] = &[NUMBER, UNREPLACED];
const SWITCHES: &[&[&str]] = &[SWITCH, UNREPLACED];
const ON: &[(&str, &str)] = &[("on ", "on"), (" off", "off"), ("true", "on"), ("false", "off")];

const fn row(
    setting: &'static str,
    rejected: &'static [&'static [&'static str]],
    used: &'static [(&'static str, &'static str)],
) -> Row {
    Row { setting, with: &[], used, rejected, parts: &[] }
}

const fn with(with: &'static [(&'static str, &'static str)], row: Row) -> Row {
    Row { with, ..row }
}

const fn parts(parts: &'static [(&'static str, &'static str)], row: Row) -> Row {
    Row { parts, ..row }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "DATA_DIR",
        &[PATH],
        &[
            ("./data/", "./data/"),
            ("/var/lib/auth ", "/var/lib/auth"),
            ("a b", "a b"),
            ("-", "-"),
            ("off", "off"),
            ("data,other", "data,other"),
            ("data;other", "data;other"),
            ("../data", "../data"),
            ("true", "true"),
            ("%h/data", "%h/data"),
        ],
    ),
    row(
        "HTTP__LISTEN",
        &[ADDRESS, UNREPLACED, &[""]],
        &[("0.0.0.0:80 ", "0.0.0.0:80"), ("[::]:8080", "[::]:8080")],
    ),
    parts(
        &[
            ("10.0.0.1, proxy", "\"proxy\""),
            ("0.0.0.0/0", "all IPv4"),
            ("10.0.0.1,0.0.0.0/1", "all IPv4"),
            ("::/0", "all IPv6"),
            ("::ffff:0:0/96", "all IPv4"),
        ],
        row(
            "HTTP__TRUSTED_PROXIES",
            &[NETWORKS, UNREPLACED],
            &[
                ("10.0.0.1 , 10.0.0.2", "10.0.0.1,10.0.0.2"),
                ("10.0.0.1,", "10.0.0.1"),
                ("::ffff:10.0.0.1", "10.0.0.1"),
                ("2001:DB8::1", "2001:db8::1"),
                ("10.0.0.1/32", "10.0.0.1"),
            ],
        ),
    ),
    row(
        "HTTP__CLIENT_ADDRESS_HEADER",
        &[
            WORD,
            UNREPLACED,
            &[
                "X-Forwarded-For",
                "x_forwarded_for",
                "x-real-ip",
                "Forwarded",
                "x-forwarded-for,forwarded",
                "x-forwarded-for;forwarded",
            ],
        ],
        &[("forwarded ", "forwarded")],
    ),
    parts(
        &[
            ("https://a.example, b.example", "\"b.example\""),
            ("https://a.example,*", "\"*\""),
            ("https://user@a.example", "not printed"),
        ],
        row(
            "HTTP__CORS_ORIGINS",
            &[
                UNREPLACED,
                &[
                    "*",
                    "null",
                    "true",
                    "a.example",
                    "https://*.a.example",
                    "https://a.example/",
                    "https://a.example/x",
                    "https://a.example:443",
                    "HTTPS://a.example",
                    "https://A.example",
                    "https://a.example;https://b.example",
                    "https://a.example https://b.example",
                    "ftp://a.example",
                    "https:/a.example",
                    "[\"https://a.example\"]",
                    "https://a.example:x",
                    "//a.example",
                ],
            ],
            &[
                ("https://a.example ,https://b.example,", "https://a.example,https://b.example"),
                ("http://[::1]:8080", "http://[::1]:8080"),
            ],
        ),
    ),
    row(
        "HTTP__DRAIN_DELAY",
        &[DURATION, UNREPLACED, &["11m", "1h"]],
        &[("10 s", "10s"), ("10sec", "10s"), ("0", "0s"), ("1m 30s", "90s"), ("0.5m", "30s")],
    ),
    row("HTTP__KEEP_ALIVE", LIFETIMES, &[("75 s", "75s"), ("1m15s", "75s"), ("75secs", "75s")]),
    row(
        "HTTP__MAX_CONNECTIONS",
        &[NUMBER, UNREPLACED, &["0", "AUTO", "automatic"]],
        &[("100 ", "100"), ("+100", "100")],
    ),
    row(
        "HTTP__MAX_CONNECTIONS_PER_ADDRESS",
        &[NUMBER, UNREPLACED, &["0", "auto", "1000001"]],
        &[("0100", "100")],
    ),
    row("HTTP__DOCUMENTATION", SWITCHES, ON),
    row("HTTP__READINESS_DETAILS", SWITCHES, ON),
    row(
        "ADMIN__LISTEN",
        &[ADDRESS, UNREPLACED, &["off", "none"]],
        &[(" ", ""), ("[::1]:9080", "[::1]:9080")],
    ),
    row(
        "CREDENTIALS__BACKEND",
        &[
            WORD,
            UNREPLACED,
            &[
                "Embedded",
                "EMBEDDED",
                "Postgres",
                "postgresql",
                "pg",
                "mysql",
                "sqlite",
                "embedded,postgres",
                "embedded;postgres",
            ],
        ],
        &[("embedded ", "embedded")],
    ),
    with(
        POSTGRES_KEY,
        parts(
            &[("/etc/hostname", "/etc/hostname"), ("/bin/sh", "/bin/sh")],
            row("POSTGRES__CLIENT_CERT_FILE", &[PATH, FILE], &[]),
        ),
    ),
    with(POSTGRES_CERTIFICATE, row("POSTGRES__CLIENT_KEY_FILE", &[PATH, FILE], &[])),
    with(
        POSTGRES,
        parts(
            &[("/etc/hostname", "/etc/hostname"), ("/bin/sh", "/bin/sh")],
            row("POSTGRES__CA_FILE", &[PATH, FILE], &[]),
        ),
    ),
    with(POSTGRES, row("POSTGRES__ALLOW_PLAIN_TEXT", SWITCHES, ON)),
    with(
        POSTGRES,
        row("POSTGRES__POOL", &[NUMBER, UNREPLACED, &["0", "101", "auto"]], &[("04", "4"), ("100 ", "100")]),
    ),
    with(
        POSTGRES,
        row(
            "POSTGRES__POOLER",
            &[
                WORD,
                UNREPLACED,
                &[
                    "Transaction",
                    "NONE",
                    "session",
                    "statement",
                    "pgbouncer",
                    "none,transaction",
                    "off",
                    "transactions",
                ],
            ],
            &[("transaction ", "transaction")],
        ),
    ),
    with(
        REDIS_KEY,
        parts(
            &[("/etc/hostname", "/etc/hostname"), ("/bin/sh", "/bin/sh")],
            row("REDIS__CLIENT_CERT_FILE", &[PATH, FILE], &[]),
        ),
    ),
    with(REDIS_CERTIFICATE, row("REDIS__CLIENT_KEY_FILE", &[PATH, FILE], &[])),
    with(
        REDIS,
        parts(
            &[("/etc/hostname", "/etc/hostname"), ("/bin/sh", "/bin/sh")],
            row("REDIS__CA_FILE", &[PATH, FILE], &[]),
        ),
    ),
    with(REDIS, row("REDIS__ALLOW_PLAIN_TEXT", SWITCHES, ON)),
    with(
        REDIS,
        row(
            "REDIS__WAIT_REPLICAS",
            &[NUMBER, UNREPLACED, &["11", "auto", "all"]],
            &[("01", "1"), ("1 ", "1")],
        ),
    ),
    row(
        "TOKENS__BACKEND",
        &[
            WORD,
            UNREPLACED,
            &[
                "Embedded",
                "EMBEDDED",
                "Redis",
                "valkey",
                "redis-cluster",
                "memory",
                "embedded,redis",
                "embedded;redis",
                "redis://127.0.0.1",
            ],
        ],
        &[("embedded ", "embedded")],
    ),
    row(
        "TOKENS__ACCESS_TTL",
        &[DURATION, POSITIVE_DURATION, UNREPLACED, &["1500ms", "1.5s"]],
        &[("15 m", "15m"), ("15min", "15m"), ("900s", "15m"), ("0.25h", "15m")],
    ),
    row("TOKENS__REFRESH_TTL", LIFETIMES, &[("7 days", "7d"), ("1w", "7d"), ("168h", "7d")]),
    row("TOKENS__SESSION_TTL", LIFETIMES, &[("90 days", "90d"), ("2160h", "90d")]),
    row(
        "TOKENS__REUSE_LEEWAY",
        &[DURATION, UNREPLACED, &["61s", "1h"]],
        &[("0", "0s"), ("10 sec", "10s"), ("10000ms", "10s")],
    ),
    row(
        "TOKENS__CONCURRENT_REFRESH",
        &[WORD, UNREPLACED, &["Reject", "SHARE", "shared", "allow", "reject,share", "deny"]],
        &[("share ", "share")],
    ),
    row("TOKENS__REFRESHES_PER_MINUTE", LIMITS, &[("060", "60"), ("0 ", "0")]),
    row("TOKENS__REFRESHES_PER_MINUTE_PER_USER", LIMITS, &[("0300", "300"), ("0 ", "0")]),
    with(
        REDIS,
        row(
            "TOKENS__RECORD_FORMAT",
            &[WORD, UNREPLACED, &["3", "0", "01", "1,2", "two", "v2", "packed", "hash", "2.0"]],
            &[("2 ", "2")],
        ),
    ),
    row(
        "TOKENS__DENYLIST_MARGIN",
        &[DURATION, UNREPLACED, &["0", "5s", "305ms"]],
        &[("5m5s", "305s"), ("305 s", "305s")],
    ),
    row(
        "TOKENS__VERIFICATION",
        &[WORD, UNREPLACED, &["Strict", "CACHED", "cache", "lenient", "strict,cached", "off"]],
        &[("strict ", "strict")],
    ),
    row("TOKENS__MAX_SESSIONS", &[NUMBER, UNREPLACED, &["0", "1000001"]], &[("01000", "1000")]),
    row(
        "JWT__KEY_ID",
        &[NAME, &[""]],
        &[
            ("key-1 ", "key-1"),
            ("KEY-1", "KEY-1"),
            ("1", "1"),
            ("true", "true"),
            ("key 1", "key 1"),
            ("key.1", "key.1"),
        ],
    ),
    row(
        "JWT__WEAK_KEY",
        &[WORD, UNREPLACED, &["Warn", "REFUSE", "allow", "off", "warning", "refuse,warn", "error"]],
        &[("warn ", "warn")],
    ),
    row(
        "JWT__ISSUER",
        &[NAME, &[""]],
        &[
            ("issuer ", "issuer"),
            ("https://issuer.example.com/", "https://issuer.example.com/"),
            ("Issuer", "Issuer"),
            ("true", "true"),
            ("none", "none"),
            ("0", "0"),
        ],
    ),
    row(
        "JWT__AUDIENCE",
        &[NAME, &[""]],
        &[
            ("client ", "client"),
            ("https://api.example.com", "https://api.example.com"),
            ("Client", "Client"),
            ("true", "true"),
            ("none", "none"),
            ("0", "0"),
        ],
    ),
    row("LOGIN_LIMIT__MAX_FAILURES", NUMBERS, &[("010", "10"), ("+10", "10")]),
    row(
        "LOGIN_LIMIT__MAX_FAILURES_PER_ADDRESS",
        &[NUMBER, UNREPLACED, &["0", "AUTO", "max_failures"]],
        &[("0100", "100"), ("auto ", "auto"), ("10", "auto")],
    ),
    row("LOGIN_LIMIT__WINDOW", LIFETIMES, &[("5 min", "5m"), ("300s", "5m")]),
    row("LOGIN_LIMIT__DAILY_FAILURES", LIMITS, &[("0100", "100"), ("0 ", "0")]),
    row(
        "LOGIN_LIMIT__KNOWN_FOR",
        &[DURATION, UNREPLACED, &["30ms", "999us"]],
        &[("0", "0s"), ("30 days", "30d"), ("720h", "30d")],
    ),
    parts(
        &[
            ("192.0.2.1, office", "\"office\""),
            ("0.0.0.0/0", "all IPv4"),
            ("0.0.0.0/1", "all IPv4"),
            ("0.0.0.0/2,64.0.0.0/2", "all IPv4"),
            ("::/0", "all IPv6"),
            ("::ffff:0:0/96", "all IPv4"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::/65", "2001:db8::/65"),
        ],
        row(
            "LOGIN_LIMIT__EXEMPT",
            &[NETWORKS, UNREPLACED],
            &[
                ("192.0.2.1 ,192.0.2.2", "192.0.2.1,192.0.2.2"),
                ("192.0.2.1,", "192.0.2.1"),
                ("::ffff:192.0.2.1", "192.0.2.1"),
                ("2001:DB8::/64", "2001:db8::/64"),
            ],
        ),
    ),
    row(
        "PASSWORD__MEMORY_KIB",
        &[NUMBER, UNREPLACED, &["0", "19MiB", "19M"]],
        &[("019456", "19456"), ("65536 ", "65536")],
    ),
    row("PASSWORD__ITERATIONS", &[NUMBER, UNREPLACED, &["0"]], &[("02", "2"), ("3 ", "3")]),
    row("PASSWORD__PARALLELISM", &[NUMBER, UNREPLACED, &["0", "cores"]], &[("01", "1")]),
    row(
        "PASSWORD__CONCURRENCY",
        &[NUMBER, UNREPLACED, &["0", "auto", "Cores", "cpus", "1025"]],
        &[("02", "2"), ("cores ", "cores")],
    ),
    row("PASSWORD__MIN_LENGTH", &[NUMBER, UNREPLACED, &["0", "257", "1024"]], &[("015", "15"), ("8 ", "8")]),
    row("PASSWORD__LEGACY", SWITCHES, ON),
    parts(
        &[
            ("bcrypt,md5", "\"md5\""),
            ("bcrypt, PBKDF2", "\"PBKDF2\""),
            ("scrypt bcrypt", "\"scrypt bcrypt\""),
        ],
        row(
            "PASSWORD__FORMATS",
            &[
                UNREPLACED,
                &[
                    "on",
                    "true",
                    "all",
                    "none",
                    "Bcrypt",
                    "argon2id",
                    "bcrypt;scrypt",
                    "pbkdf2-sha256",
                    "[\"bcrypt\"]",
                ],
            ],
            &[("bcrypt ,scrypt,", "bcrypt,scrypt"), ("scrypt,bcrypt,scrypt", "bcrypt,scrypt"), (",", "")],
        ),
    ),
    row("PASSWORD__UPGRADE", SWITCHES, ON),
    row(
        "PASSWORD__KERNEL",
        &[WORD, UNREPLACED, &["Auto", "PORTABLE", "avx2", "avx512", "reference", "auto,portable", "fast"]],
        &[("portable ", "portable")],
    ),
    row(
        "LOG__FORMAT",
        &[WORD, UNREPLACED, &["JSON", "Json", "pretty,json", "text", "logfmt", "xml", "plain", "compact"]],
        &[("json ", "json")],
    ),
    parts(
        &[
            ("info,hooksentry", "\"hooksentry\""),
            ("hooksentry_auth=debug", "hooksentry_auth=debug"),
            ("info,hooksentry-auth=debug", "hooksentry-auth"),
            ("info,hooksentry_aut::http=debug,x=info", "hooksentry_aut"),
            ("info,auth_adaptor_jwt=debug", "auth_adaptor_jwt"),
            ("info,auth adapter=debug", "auth adapter"),
            ("inof,actix_http=trace", "\"inof\""),
        ],
        row(
            "LOG__FILTER",
            &[
                UNREPLACED,
                &[
                    "",
                    "inof",
                    "warning",
                    "Information",
                    "verbose",
                    "1",
                    "0",
                    "3",
                    "true",
                    "yes",
                    "on",
                    "none",
                    "info;debug",
                    "info debug",
                    "info=",
                    "info|debug",
                    "*",
                    "silly",
                    "all",
                ],
            ],
            &[
                ("INFO", "INFO"),
                ("info ", "info"),
                ("warn,hooksentry_auth=debug", "warn,hooksentry_auth=debug"),
            ],
        ),
    ),
    row(
        "AUDIT__TARGET",
        &[
            WORD,
            UNREPLACED,
            &["Off", "FILE", "Stdout", "on", "stderr", "syslog", "journald", "file,stdout", "/var/log/audit"],
        ],
        &[("stdout ", "stdout")],
    ),
    with(
        &[("AUDIT__TARGET", "file")],
        row(
            "AUDIT__FILE",
            &[PATH],
            &[
                ("audit-file ", "audit-file"),
                ("/var/log/auth/audit", "/var/log/auth/audit"),
                ("a b", "a b"),
                ("off", "off"),
                ("-", "-"),
                ("../audit", "../audit"),
                ("audit,2", "audit,2"),
                ("./audit ", "./audit"),
                ("%h/audit", "%h/audit"),
            ],
        ),
    ),
];
