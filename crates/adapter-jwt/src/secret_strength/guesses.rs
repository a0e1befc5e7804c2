//! The estimated number of guesses for a secret.

use std::collections::{BTreeMap, BTreeSet};

use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::zxcvbn;

/// log10 of 2^96.
const ENOUGH: f64 = 28.9;
/// The number of characters that are scored; a secret whose first characters are too weak is rejected.
const SCORED: usize = 1_024;
/// The number of characters that zxcvbn scores at once: its counts end at 2^64, and each character multiplies them by up to 10.
const WINDOW: usize = 18;
/// The distance between two windows: a word of up to 14 characters lies within one of them.
const STEP: usize = 4;
/// The length of the shortest block of characters whose repetitions do not count.
const BLOCK: usize = 6;
/// A punctuation mark that occurs at least this often is taken for a separator of words: only its first occurrence counts.
const SEPARATORS: usize = 3;

/// Words of sample secrets that describe the purpose of the text and add nothing secret.
const PLACEHOLDERS: &str = "\
    authentication authorization application characters production development hooksentry changeme \
    changethis signature superpower password contrasena symmetric security example default private replace \
    signing issuer minimum segredo secreta secreto geheim schluessel secret change sample access refresh \
    server hs256 hs512 hmac super token chave clave senha minha admin secure segura length bytes vector \
    string least please dummy local test your demo auth here must this that long with very jwt key dev bits \
    bit";

/// Returns whether a secret can be found with fewer than 2^96 guesses.
pub(super) fn are_too_few(secret: &str) -> bool {
    let text: Vec<char> = secret.chars().take(SCORED).collect();
    let folded: Vec<char> = text.iter().map(|character| fold(*character)).collect();
    let mut counts = vec![true; text.len()];
    strike_placeholders(&folded, &mut counts);
    strike_repeats(&folded, &mut counts);
    strike_separators(&folded, &mut counts);

    let kind = Kind::of(&text);
    let marked: Vec<(char, bool)> = text.into_iter().zip(counts).collect();
    let mut total = 0.0;
    for piece in marked.split(|(_, counts)| !counts) {
        let piece: Vec<char> = piece.iter().map(|(character, _)| *character).collect();
        total += score(&piece, kind);
        if total >= ENOUGH {
            return false;
        }
    }
    true
}

/// The kind of text, by its characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Hexadecimal digits, some of them letters. Random runs of digits in them look like dates.
    Hexadecimal,
    /// Three or more of these classes: lower case, upper case, digits, others.
    Mixed,
    /// Anything else.
    Plain,
}

impl Kind {
    /// Classifies a text.
    fn of(text: &[char]) -> Self {
        let has = |class: fn(char) -> bool| text.iter().any(|character| class(*character));
        let classes: [fn(char) -> bool; 4] =
            [char::is_lowercase, char::is_uppercase, char::is_numeric, |character| {
                !character.is_alphanumeric()
            }];
        let is_hexadecimal = text.iter().all(|character| character.is_ascii_hexdigit() || *character == '-');
        if is_hexadecimal && has(char::is_alphabetic) {
            Self::Hexadecimal
        } else if classes.into_iter().filter(|class| has(*class)).count() >= 3 {
            Self::Mixed
        } else {
            Self::Plain
        }
    }

    /// Returns log10 of the guesses for a character that is in no pattern.
    ///
    /// A hexadecimal digit takes 16 guesses. A character of mixed text takes 14, because its alphabet has at least 46
    /// characters. Any other character takes 10, as in zxcvbn.
    const fn per_character(self) -> f64 {
        match self {
            Self::Hexadecimal => 1.204,
            Self::Mixed => 1.15,
            Self::Plain => 1.0,
        }
    }

    /// Returns whether a pattern counts in text of this kind.
    const fn explains(self, pattern: &MatchPattern) -> bool {
        match pattern {
            MatchPattern::BruteForce => false,
            MatchPattern::Date(_) => !matches!(self, Self::Hexadecimal),
            _ => true,
        }
    }
}

/// Returns the lower-case character; each character becomes exactly one, so that positions stay the same.
fn fold(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

fn strike_placeholders(folded: &[char], counts: &mut [bool]) {
    for placeholder in PLACEHOLDERS.split(' ') {
        let word: Vec<char> = placeholder.chars().collect();
        let starts = folded.windows(word.len()).enumerate().filter(|(_, window)| *window == word.as_slice());
        for (start, _) in starts {
            strike(counts, start, word.len());
        }
    }
}

/// Strikes every block that has occurred before. A run of one character consists of such blocks.
fn strike_repeats(folded: &[char], counts: &mut [bool]) {
    let mut seen = BTreeSet::new();
    for (start, block) in folded.windows(BLOCK).enumerate() {
        if !seen.insert(block) {
            strike(counts, start, BLOCK);
        }
    }
}

/// Strikes white space and punctuation marks that separate words, except the first of each.
fn strike_separators(folded: &[char], counts: &mut [bool]) {
    let mut places: BTreeMap<char, Vec<usize>> = BTreeMap::new();
    for (place, character) in folded.iter().enumerate().filter(|(_, character)| !character.is_alphanumeric())
    {
        places.entry(*character).or_default().push(place);
    }
    for (character, places) in places {
        if character.is_whitespace() || places.len() >= SEPARATORS {
            places.into_iter().skip(1).for_each(|place| strike(counts, place, 1));
        }
    }
}

fn strike(counts: &mut [bool], start: usize, length: usize) {
    counts.iter_mut().skip(start).take(length).for_each(|counts| *counts = false);
}

/// Returns log10 of the guesses for `piece`: the least sum over its divisions into patterns that zxcvbn finds and
/// single characters.
fn score(piece: &[char], kind: Kind) -> f64 {
    let patterns = patterns(piece, kind);
    let mut least = vec![0.0_f64];
    for end in 1..=piece.len() {
        let alone = least.last().copied().unwrap_or_default() + kind.per_character();
        let explained = patterns
            .range((end, 0)..(end + 1, 0))
            .filter_map(|((_, start), guesses)| least.get(*start).map(|before| before + guesses));
        least.push(explained.fold(alone, f64::min));
    }
    least.last().copied().unwrap_or_default()
}

/// Returns log10 of the guesses of each pattern, keyed by its end and its start.
fn patterns(piece: &[char], kind: Kind) -> BTreeMap<(usize, usize), f64> {
    let mut patterns = BTreeMap::new();
    for start in (0..piece.len()).step_by(STEP) {
        let window: String = piece.iter().skip(start).take(WINDOW).collect();
        for found in zxcvbn(&window, &[]).sequence() {
            let (Some(guesses), true) = (found.guesses, kind.explains(&found.pattern)) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "an order of magnitude is enough")]
            let guesses = (guesses as f64).log10();
            let place = (start + found.j + 1, start + found.i);
            let least = patterns.entry(place).or_insert(guesses);
            *least = least.min(guesses);
        }
    }
    patterns
}
