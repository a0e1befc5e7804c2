use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

const STRONG: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";

// S-38
#[test]
fn a_key_has_at_least_32_bytes() {
    assert_eq!(STRONG.len(), MIN_BYTES);
    assert_eq!(check_secret(STRONG), Ok(()));
    assert_eq!(check_secret(&STRONG[1..]), Err(WeakKey::TooShort));
    assert_eq!(check_secret(""), Err(WeakKey::TooShort));
    let accents = "é".repeat(4) + &STRONG[..24];
    assert_ne!(check_secret(&accents), Err(WeakKey::TooShort), "bytes count, not characters");
}

// S-38
#[test]
fn a_key_has_at_least_8_different_bytes() {
    assert_eq!(check_secret(&"abcdefg".repeat(9)), Err(WeakKey::TooUniform));
    assert_eq!(check_secret(&"abcdefgh".repeat(8)), Err(WeakKey::Guessable));
}

// S-38
#[test]
fn every_published_sample_is_rejected() {
    let texts: Vec<_> = known::TEXTS.lines().collect();
    assert!(texts.len() > 25);
    for known in texts {
        for spelling in [known.to_owned(), format!(" {known}\n"), known.to_uppercase(), known.to_lowercase()]
        {
            assert_eq!(check_secret(&spelling), Err(WeakKey::WellKnown), "{spelling}");
        }
    }
}

// S-38
#[test]
fn the_list_of_digests_is_complete_and_in_use() {
    let is_digest = |line: &&str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert_eq!(known::DIGESTS.lines().filter(is_digest).count(), 1_833);
    // The lists have the digest of this secret, but not its text.
    let published = "a shared secret of the platform, long enough";
    for spelling in [published, " A shared secret of the platform, long enough\n"] {
        assert_eq!(check_secret(spelling), Err(WeakKey::WellKnown), "{spelling}");
    }
}

// S-38
#[test]
fn secrets_of_words_runs_and_repeats_are_rejected() {
    for text in [
        "a secret shared by the platform, surely long enough",
        "vector-key-0123456789abcdef-0123456789abcdef",
        "correct horse battery staple correct horse",
        "MySuperSecretKeyForJwtTokenThatIsLongEnough2024!",
        "minha-chave-super-secreta-para-o-jwt-hooksentry",
        "HookSentry-Prod-2026-Signing-Key-Sao-Paulo-Brasil!",
        "the quick brown fox jumps over the lazy dog again and again",
        "qwertyuiopasdfghjklzxcvbnm1234567890QWERTYUIOP",
        "P@ssw0rd!P@ssw0rd!P@ssw0rd!P@ssw0rd!",
        "Th1s1sMyV3ryS3cr3tK3yF0rTh3Jwt!Tok3n#2023",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "k3J9xQ-vZk3J9xQ-vZk3J9xQ-vZk3J9xQ-vZ",
        "changeme-0ehLWQDKuS0JQvN-changeme-changeme",
    ] {
        assert_eq!(check_secret(text), Err(WeakKey::Guessable), "{text}");
    }
}

// S-89
#[test]
fn the_cost_of_a_long_secret_is_bounded() {
    let long = "q7".repeat(500_000);
    assert_eq!(check_secret(&(long + "abcdef")), Err(WeakKey::Guessable));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    // S-38
    #[test]
    fn random_keys_are_accepted(bytes in any::<[u8; 32]>()) {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let hex: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        for text in [hex.to_uppercase(), hex, STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
            prop_assert_eq!(check_secret(&text), Ok(()), "{}", text);
        }
    }
}
