use super::*;
use crate::config::{KernelChoice, OtherFormats};
use crate::cost::Cost;

mod other_formats;

/// Accepts every format.
const ALL: Argon2Config = Argon2Config {
    memory_kib: 19_456,
    iterations: 2,
    parallelism: 1,
    concurrency: 1,
    legacy: true,
    formats: OtherFormats { bcrypt: true, pbkdf2: true, scrypt: true },
    kernel: KernelChoice::Auto,
};
const CURRENT: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };
const SALT: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const LEGACY: &str = "AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn parse(text: &str) -> Result<StoredHash, UnusableHash> {
    super::parse(text, &ALL)
}

#[test]
fn a_written_hash_is_parsed_again() {
    let text = phc(CURRENT, &[0; SALT_BYTES], &[0; HASH_BYTES]);
    assert_eq!(text, format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${HASH}"));
    let (cost, salt, hash) = (HashCost::Argon2(CURRENT), vec![0; SALT_BYTES], vec![0; HASH_BYTES]);
    assert_eq!(parse(&text), Ok(StoredHash::new(HashFormat::Argon2id, cost, salt, hash)));
}

// S-04
#[test]
fn parameters_out_of_bounds_have_no_cost() {
    let cost = |text: &str| cost_of(&HashParameters::parse(text).unwrap(), &ALL);
    assert_eq!(cost("$argon2id$v=19$m=19456,t=2,p=1"), Some(HashCost::Argon2(CURRENT)));
    for text in [
        "$argon2id$v=19$m=262145,t=2,p=1",
        "$argon2id$v=19$m=7,t=2,p=1",
        "$argon2id$v=19$",
        "m=19456,t=2,p=1",
    ] {
        assert_eq!(cost(text), None, "{text}");
    }
}

// S-04
#[test]
fn a_text_wider_than_the_column_is_rejected() {
    let text = format!("$argon2id$v=19$m=19456,t=2,p=1${}${HASH}", "A".repeat(512));
    assert_eq!(parse(&text), Err(UnusableHash::OutOfBounds));
}

#[test]
fn a_hash_is_outdated_when_any_parameter_differs() {
    let outdated = |text: &str| parse(text).unwrap().is_outdated(CURRENT);
    assert!(!outdated(&format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${HASH}")));
    for text in [
        format!("$argon2id$v=19$m=19457,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=3,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=2${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAA${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${SALT}"),
        LEGACY.to_owned(),
    ] {
        assert!(outdated(&text), "{text}");
    }
    assert!(parse(LEGACY).unwrap().is_outdated(Cost::LEGACY), "the format is outdated");
}

// S-04
#[test]
fn parameters_are_accepted_up_to_their_bounds_only() {
    let with = |cost: &str| parse(&format!("$argon2id$v=19${cost}${SALT}${HASH}"));
    assert!(with("m=262144,t=10,p=16").is_ok());
    assert!(with("m=8,t=1,p=1").is_ok());
    for cost in [
        "m=262145,t=1,p=1",
        "m=4294967295,t=1,p=1",
        "m=19456,t=11,p=1",
        "m=19456,t=4294967295,p=1",
        "m=19456,t=2,p=17",
        "m=19456,t=0,p=1",
        "m=19456,t=2,p=0",
        "m=7,t=2,p=1",
        "m=63,t=2,p=8",
    ] {
        assert_eq!(with(cost), Err(UnusableHash::OutOfBounds), "{cost}");
    }
}

// S-04
#[test]
fn salt_and_hash_are_accepted_within_their_lengths_only() {
    let of = |salt: usize, hash: usize| parse(&phc(CURRENT, &vec![7; salt], &vec![7; hash]));
    assert!(of(8, 16).is_ok() && of(64, 64).is_ok());
    for (salt, hash) in [(7, 32), (65, 32), (0, 32), (16, 15), (16, 65), (16, 0)] {
        assert_eq!(of(salt, hash), Err(UnusableHash::OutOfBounds), "{salt} {hash}");
    }
}

// S-08
#[test]
fn every_other_text_has_an_unknown_format() {
    for text in [
        String::new(),
        "!".to_owned(),
        "$2$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
        format!("$argon2i$v=19$m=19456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2d$v=19$m=19456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=16$m=19456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$m=19456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$t=2,m=19456,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1,data=AAAA${SALT}${HASH}"),
        format!("$argon2id$v=19$m=+19456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=019456,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=4294967296,t=2,p=1${SALT}${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${HASH}$"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}==${HASH}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${HASH} "),
        format!(" {LEGACY}"),
        format!("{LEGACY}:"),
        LEGACY.trim_end_matches('=').to_owned(),
        LEGACY.replace(':', ";"),
        format!("{SALT}==:{SALT}=="),
        format!("{HASH}=:{HASH}="),
    ] {
        assert_eq!(parse(&text), Err(UnusableHash::UnknownFormat), "{text}");
    }
}

#[test]
fn the_legacy_format_is_parsed_only_with_the_legacy_setting() {
    let off = Argon2Config { legacy: false, ..ALL };
    assert!(parse(LEGACY).is_ok());
    assert_eq!(super::parse(LEGACY, &off), Err(UnusableHash::SwitchedOff(HashFormat::Legacy)));
    assert_eq!(super::parse("x", &off), Err(UnusableHash::UnknownFormat));
}
