//! Mistakes that settings of one kind share.

/// Quotation marks that were kept, and placeholders that were not replaced.
pub(super) const UNREPLACED: &[&str] = &[
    "\"10\"",
    "'10'",
    "`10`",
    "\u{201c}10\u{201d}",
    "\"10",
    "10\"",
    "$SETTING",
    "${SETTING}",
    "${SETTING:-10}",
    "{{ setting }}",
    "1\n0",
    "10\u{0}",
];

/// Of a switch.
pub(super) const SWITCH: &[&str] = &[
    "", "yes", "no", "1", "0", "ON", "Off", "TRUE", "False", "enabled", "none", "t", "y", "on;off", "on,off",
    "on off", "-1", "null",
];

/// Of a whole number above zero.
pub(super) const NUMBER: &[&str] = &[
    "",
    "-1",
    "-10",
    "0.5",
    "10.0",
    "1e3",
    "0x10",
    "1_000",
    "1,000",
    "1;000",
    "10 000",
    "ten",
    "10k",
    "10m",
    "10%",
    "unlimited",
    "none",
    "true",
    "yes",
    "4294967296",
    "99999999999999999999",
    "\u{661}\u{660}",
    "NaN",
    "inf",
    "10-20",
    "10/min",
];

/// Of a duration above zero. `15M` is fifteen months to the parser of durations.
pub(super) const DURATION: &[&str] = &[
    "",
    "15",
    "900",
    "15.5",
    "15M",
    "1mo",
    "2months",
    "1y",
    "1year",
    "-15m",
    "15 M",
    "m15",
    "15m;",
    "15m,20m",
    "15,5m",
    "00:15:00",
    "PT15M",
    "15x",
    "fifteen",
    "true",
    "yes",
    "none",
    "auto",
    "99999999999999999999s",
    "9999999999d",
    "15MIN",
    "15S",
    "0.5",
    "4000d",
    "m",
];

/// Of a duration that must not be zero.
pub(super) const POSITIVE_DURATION: &[&str] = &["0", "0s", "0m", "5ms", "999ms", "100us", "1ns"];

/// Of the path of a file or directory.
pub(super) const PATH: &[&str] = &[
    "",
    "~/file",
    "~",
    "file:///run/file",
    "https://example.com/file",
    "\"/run/file\"",
    "'/run/file'",
    "/run/file\"",
    "$HOME/file",
    "${HOME}/file",
    "{{ path }}",
    "/run/\nfile",
];

/// Of the path of a file that exists.
pub(super) const FILE: &[&str] = &[
    "/no/such/file",
    "no-such-file",
    "/",
    "/tmp",
    "/dev/null/x",
    "/etc/hostname/x",
    "on",
    "true",
    "none",
    "/no/such/file;/no/other",
    "/no/such/file,/no/other",
    "file.pem ",
];

/// Of a list of addresses and ranges.
pub(super) const NETWORKS: &[&str] = &[
    "localhost",
    "*",
    "any",
    "none",
    "true",
    "10.0.0.256",
    "10.0.0",
    "10.0.0.1:8080",
    "[::1]",
    "[::1]:80",
    "fe80::1%eth0",
    "10.0.0.1/33",
    "10.0.0.0/-1",
    "10.0.0.0/255.0.0.0",
    "10.0.0.*",
    "10.0.0.1-10.0.0.9",
    "10.0.0.1;10.0.0.2",
    "10.0.0.1 10.0.0.2",
    "010.0.0.1",
    "http://10.0.0.1",
    "[\"10.0.0.1\"]",
    "::1/129",
    "10.0.0.5/8",
    "2001:db8::5/32",
];

/// Of an address with a port.
pub(super) const ADDRESS: &[&str] = &[
    "8080",
    ":8080",
    "localhost:8080",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:http",
    "127.0.0.1:65536",
    "127.0.0.1:-1",
    "127.0.0.1 8080",
    "http://127.0.0.1:8080",
    "127.0.0.1:8080/",
    "::1:8080",
    "[::1]",
    "*:8080",
    "0.0.0.0",
    "127.0.0.1:8080,127.0.0.1:8081",
    "127.0.0.1:8080;127.0.0.1:8081",
    "tcp://127.0.0.1:8080",
    "on",
    "true",
    "127.0.0.1:80 80",
    "unix:/run/socket",
];

/// Of a choice of words.
pub(super) const WORD: &[&str] = &["", "true", "yes", "1.0", "on", "nil", "default", "-1", "null", "x", "?"];

/// Of a name in tokens.
pub(super) const NAME: &[&str] = &[
    "\"name\"",
    "'name'",
    "name'",
    "`name`",
    "\u{201c}name\u{201d}",
    "$NAME",
    "${NAME}",
    "{{ name }}",
    "a,b",
    "a;b",
    "a, b",
    "a\nb",
    "a\tb",
    "name\u{0}",
];
