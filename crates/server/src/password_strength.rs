//! The strength of new passwords, estimated by zxcvbn.

use auth_domain::model::Password;
use auth_domain::ports::{PasswordStrength, PasswordWeakness};
use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

/// The number of leading characters that are scored. This bounds the work.
const MAX_CHARACTERS: usize = 100;
/// The lowest score that is accepted: "safely unguessable", more than 10^8 guesses.
const MIN_SCORE: Score = Score::Three;

/// A [`PasswordStrength`] by zxcvbn, with the context as user inputs.
pub(crate) struct ZxcvbnStrength;

impl PasswordStrength for ZxcvbnStrength {
    fn weakness(&self, password: &Password, context: &[String]) -> Option<PasswordWeakness> {
        let text = String::from_utf8_lossy(password.expose_bytes());
        let text = text.char_indices().nth(MAX_CHARACTERS).map_or(&*text, |(end, _)| &text[..end]);
        let context: Vec<&str> = context.iter().map(String::as_str).collect();
        let estimate = zxcvbn(text, &context);
        if estimate.score() >= MIN_SCORE {
            return None;
        }
        let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
        Some(warning.map_or(PasswordWeakness::Predictable, weakness))
    }
}

const fn weakness(warning: Warning) -> PasswordWeakness {
    match warning {
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => PasswordWeakness::Common,
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            PasswordWeakness::Repetition
        }
        Warning::SequencesLikeAbcAreEasyToGuess => PasswordWeakness::Sequence,
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            PasswordWeakness::Keyboard
        }
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => PasswordWeakness::Name,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => PasswordWeakness::Date,
        Warning::AWordByItselfIsEasyToGuess => PasswordWeakness::Word,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::ports::Clock;

    use super::*;
    use crate::system::SystemClock;

    fn judge(text: &str) -> Option<PasswordWeakness> {
        let context =
            ["ada.lovelace@example.com", "ada.lovelace", "hooksentry auth", "hooksentry", "hook", "sentry"];
        let context = context.map(str::to_owned);
        ZxcvbnStrength.weakness(&Password::parse(text.to_owned()).unwrap(), &context)
    }

    // S-26
    #[test]
    fn a_guessable_password_is_rejected_with_its_reason() {
        for (text, expected) in [
            ("aaaaaaaaaaaaaaa", PasswordWeakness::Repetition),
            ("abcabcabcabcabc", PasswordWeakness::Repetition),
        ] {
            assert_eq!(judge(text), Some(expected), "{text}");
        }
        for text in [
            "123456789012345",
            "passwordpassword",
            "ada.lovelace@example.com",
            "Ada.Lovelace@Example.com",
            "ada.lovelace2026",
            "hooksentryhooksentry",
            "HookSentry Auth",
            "qwertyuiopasdfgh",
            "abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(judge(text).is_some(), "{text}");
        }
    }

    // S-26
    #[test]
    fn a_password_that_is_hard_to_guess_needs_no_special_characters() {
        for text in [
            "correct horse battery staple",
            "gatos voadores comem nuvens",
            "k7#mQz!vR2pLx9@w",
            "zufällige wörter über dächern",
            "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{9577}\u{3044}\u{5408}\u{8a00}\u{8449}\u{3067}\u{3059}\u{3088}\u{306d}\u{3048}\u{3048}",
        ] {
            assert_eq!(judge(text), None, "{text}");
        }
    }

    #[test]
    fn no_password_overflows_the_estimate() {
        let texts = [
            "qw".repeat(50),
            "qW".repeat(50),
            "1q".repeat(50),
            "aA".repeat(50),
            "a4".repeat(50),
            "P4ssw0rd".repeat(12),
        ];
        for text in &texts {
            judge(text);
        }
        assert_eq!(judge("qwqwqwqwqwqwqwqw"), Some(PasswordWeakness::Repetition));
        let walk: String =
            "qawsedrftgyhujikolp".chars().chain("plokijuhygtfrdeswaq".chars()).cycle().take(100).collect();
        judge(&walk);
    }

    // S-26
    #[test]
    fn the_longest_password_costs_no_more_than_a_hundred_characters() {
        let texts = ["a4@8b3e6g9".repeat(102), "0123456789".repeat(102), "qaz1".repeat(256), "é".repeat(512)];
        let started = SystemClock.instant();
        for text in &texts {
            let first: String = text.chars().take(MAX_CHARACTERS).collect();
            assert_eq!(judge(text), judge(&first), "only the first characters count");
        }
        assert!(SystemClock.instant() - started < Duration::from_secs(20));
    }
}
