//! bcrypt, PBKDF2 and scrypt.

use auth_testkit::vectors;

use super::*;

const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
const SALT_AND_HASH: &str = "$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

#[test]
fn hashes_of_other_programs_have_their_format_and_cost() {
    for case in vectors::other_password_hashes() {
        let stored = parse(&case.stored).unwrap();
        assert_eq!(stored.format().to_string().to_lowercase(), case.format, "{}", case.stored);
        assert!(stored.is_outdated(CURRENT), "{}", case.stored);
    }
}

/// `doctor` counts them as usable with a setting.
#[test]
fn a_format_that_is_not_accepted_is_known() {
    let none = Argon2Config { legacy: false, formats: OtherFormats::NONE, ..ALL };
    for case in vectors::other_password_hashes() {
        let format = parse(&case.stored).unwrap().format();
        assert_eq!(super::super::parse(&case.stored, &none), Err(UnusableHash::SwitchedOff(format)));
        assert_eq!(usability(&case.stored, &none), HashUse::SwitchedOff(format));
        assert_eq!(usability(&case.stored, &ALL), HashUse::Verifies(format));
    }
    assert_eq!(usability(LEGACY, &none), HashUse::SwitchedOff(HashFormat::Legacy));
    for (text, config) in [("x", ALL), ("x", none), (&BCRYPT.replace("$12$", "$15$"), none)] {
        assert_eq!(usability(text, &config), HashUse::Unusable, "{text}");
    }
    let reason = super::super::parse(BCRYPT, &none).unwrap_err().to_string();
    assert_eq!(
        reason,
        "the stored hash has the format of bcrypt; add bcrypt to PASSWORD__FORMATS to accept it"
    );
}

// S-04
#[test]
fn costs_of_other_formats_are_bounded() {
    let phc = |parameters: &str| format!("{parameters}{SALT_AND_HASH}");
    for (good, bad) in [
        (BCRYPT.replace("$12$", "$14$"), BCRYPT.replace("$12$", "$15$")),
        (BCRYPT.replace("$12$", "$04$"), BCRYPT.replace("$12$", "$03$")),
        (phc("$pbkdf2-sha256$i=2000000"), phc("$pbkdf2-sha256$i=2000001")),
        (phc("$pbkdf2-sha512$2000000"), phc("$pbkdf2-sha512$4294967295")),
        (phc("$pbkdf2-sha256$1"), phc("$pbkdf2-sha256$0")),
        (phc("$scrypt$ln=18,r=8,p=1"), phc("$scrypt$ln=19,r=8,p=1")),
        (phc("$scrypt$ln=17,r=8,p=2"), phc("$scrypt$ln=18,r=8,p=2")),
        (phc("$scrypt$ln=1,r=1,p=1"), phc("$scrypt$ln=0,r=1,p=1")),
        (phc("$scrypt$ln=1,r=32,p=1"), phc("$scrypt$ln=1,r=1048576,p=1")),
        (phc("$scrypt$ln=1,r=1,p=16"), phc("$scrypt$ln=1,r=1,p=1048576")),
        (phc("$scrypt$ln=1,r=1,p=1"), phc("$scrypt$ln=256,r=4294967295,p=4294967295")),
    ] {
        assert!(parse(&good).is_ok(), "{good}");
        assert_eq!(parse(&bad), Err(UnusableHash::OutOfBounds), "{bad}");
    }
}

/// A longer result of PBKDF2 would cost twice the work.
// S-04
#[test]
fn lengths_of_other_formats_are_bounded() {
    let of = |name: &str, salt: usize, hash: usize| {
        let text = phc(CURRENT, &vec![7; salt], &vec![7; hash]);
        let (_, rest) = text.split_once("p=1").unwrap();
        parse(&format!("{name}{rest}")).map(|_| ())
    };
    let (sha256, sha512, scrypt) = ("$pbkdf2-sha256$1000", "$pbkdf2-sha512$1000", "$scrypt$ln=10,r=8,p=1");
    for (name, salt, hash) in [(sha256, 8, 16), (sha256, 64, 32), (sha512, 16, 64), (scrypt, 16, 64)] {
        assert_eq!(of(name, salt, hash), Ok(()), "{name} {salt} {hash}");
    }
    for (name, salt, hash) in [
        (sha256, 16, 33),
        (sha512, 16, 65),
        (scrypt, 16, 65),
        (sha256, 7, 32),
        (scrypt, 65, 32),
        (scrypt, 16, 15),
    ] {
        assert_eq!(of(name, salt, hash), Err(UnusableHash::OutOfBounds), "{name} {salt} {hash}");
    }
}

// S-04
#[test]
fn parameters_of_other_formats_have_a_cost_if_they_are_accepted() {
    let cost = |text: &str, config| cost_of(&HashParameters::parse(text).unwrap(), config);
    let none = Argon2Config { formats: OtherFormats::NONE, ..ALL };
    for (text, printed) in [
        ("$2y$12", "$2b$12"),
        ("$pbkdf2-sha256$i=600000,l=32", "$pbkdf2-sha256$i=600000"),
        ("$pbkdf2-sha512$29000", "$pbkdf2-sha512$i=29000"),
        ("$scrypt$ln=17,r=8,p=1", "$scrypt$ln=17,r=8,p=1"),
    ] {
        assert_eq!(cost(text, &ALL).map(parameters).as_deref(), Some(printed));
        assert_eq!(cost(text, &none), None, "{text}");
    }
    for text in ["$2b$15", "$2b$", "$pbkdf2-sha1$1000", "$pbkdf2-sha256$i=3000000", "$scrypt$ln=19,r=8,p=1"] {
        assert_eq!(cost(text, &ALL), None, "{text}");
    }
}

// S-08
#[test]
fn similar_texts_have_an_unknown_format() {
    let (half, _) = BCRYPT.split_at(40);
    for text in [
        BCRYPT.replace("$2b$", "$2c$"),
        BCRYPT.replace("$2b$", "$2$"),
        BCRYPT.replace("$12$", "$1$"),
        BCRYPT.replace("$12$", "$+5$"),
        format!("{BCRYPT}."),
        BCRYPT.replace('.', "!"),
        BCRYPT.replace("KIUg", "KIü"),
        half.to_owned(),
        format!("$pbkdf2${SALT_AND_HASH}"),
        format!("$pbkdf2-sha1$1000{SALT_AND_HASH}"),
        format!("$pbkdf2-sha256$i=1000,l=31{SALT_AND_HASH}"),
        format!("$pbkdf2-sha256$01000{SALT_AND_HASH}"),
        format!("$pbkdf2-sha256$i=1000,x=1{SALT_AND_HASH}"),
        format!("$pbkdf2-sha256$i=1000{SALT_AND_HASH}$"),
        format!("$scrypt$ln=10,r=8{SALT_AND_HASH}"),
        format!("$scrypt$r=8,ln=10,p=1{SALT_AND_HASH}"),
        format!("$scrypt$ln=10,r=8,p=1{SALT_AND_HASH}="),
        format!("$7$C6..../....{SALT_AND_HASH}"),
    ] {
        assert_eq!(parse(&text), Err(UnusableHash::UnknownFormat), "{text}");
    }
}
