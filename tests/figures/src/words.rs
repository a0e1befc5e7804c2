//! Retired words, and where they are still used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::workspace::{files_ending_with, text_of};

/// The list itself, from the root of the workspace.
const LIST: &str = "tests/figures/words.toml";
const ENDINGS: [&str; 6] = [".rs", ".md", ".lua", ".sql", ".toml", "justfile"];

/// The list of retired words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordList {
    /// Each word or phrase with what to write in its place. A final `*` stands for any ending.
    words: BTreeMap<String, String>,
    /// The places where a word stays.
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    word: String,
    /// The file or folder in which the word stays; any if it is not given.
    #[serde(default)]
    file: String,
    /// The text around the word with which it stays; any if it is not given.
    #[serde(default)]
    text: String,
    reason: String,
}

/// A retired word in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The path from the root of the workspace.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The entry of the list.
    pub word: String,
    /// What to write in its place.
    pub instead: String,
    /// The text of the line.
    text: String,
}

/// What a search through the workspace has found.
pub struct Search {
    /// The retired words that no exception explains.
    pub unexplained: Vec<Row>,
    /// The exceptions that explain nothing any more.
    pub unused_exceptions: Vec<String>,
}

impl WordList {
    /// Reads the list of the workspace.
    ///
    /// # Panics
    /// If the list is missing or is not valid.
    pub fn read() -> Self {
        Self::parse(&text_of(Path::new(LIST)).expect("the list of words"))
    }

    fn parse(text: &str) -> Self {
        let list: Self = toml::from_str(text).unwrap_or_else(|error| panic!("{LIST}: {error}"));
        for exception in &list.exceptions {
            assert!(list.words.contains_key(&exception.word), "{LIST} has no word {:?}", exception.word);
            let is_limited = !exception.file.is_empty() || !exception.text.is_empty();
            assert!(is_limited, "{LIST}: an exception of {:?} needs a file or a text", exception.word);
            assert!(
                !exception.reason.is_empty(),
                "{LIST}: an exception of {:?} needs a reason",
                exception.word
            );
        }
        list
    }

    /// Searches the workspace.
    pub fn search(&self) -> Search {
        let files = files_ending_with(&ENDINGS).into_iter().filter(|file| file != LIST);
        let rows = files.flat_map(|file| self.find(&file, &text_of(Path::new(&file)).unwrap_or_default()));
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut unexplained = Vec::new();
        for row in rows {
            let exceptions: Vec<_> = self.exceptions_of(&row).collect();
            used.extend(exceptions.iter().copied());
            if exceptions.is_empty() {
                unexplained.push(row);
            }
        }
        let unused = (0..self.exceptions.len()).filter(|index| !used.contains(index));
        let unused = unused.map(|index| &self.exceptions[index]);
        Search {
            unexplained,
            unused_exceptions: unused.map(|it| format!("{}: {}", it.word, it.reason)).collect(),
        }
    }

    /// Returns the indexes of the exceptions for a row.
    fn exceptions_of<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = usize> + 'a {
        let matches = |it: &Exception| {
            it.word == row.word && Path::new(&row.file).starts_with(&it.file) && row.text.contains(&it.text)
        };
        self.exceptions.iter().enumerate().filter(move |(_, it)| matches(it)).map(|(index, _)| index)
    }

    /// Returns the retired words of a text.
    fn find(&self, file: &str, text: &str) -> Vec<Row> {
        let words = words_of(text);
        let lines: Vec<&str> = text.lines().collect();
        let phrases: Vec<Vec<&str>> = self.words.keys().map(|entry| entry.split(' ').collect()).collect();
        let mut rows = Vec::new();
        for (start, (_, line)) in words.iter().enumerate() {
            let found = phrases.iter().zip(&self.words).filter(|(phrase, _)| begins(&words[start..], phrase));
            for (_, (entry, instead)) in found {
                let (file, word, instead) = (file.to_owned(), entry.clone(), instead.clone());
                rows.push(Row { file, line: *line, word, instead, text: lines[line - 1].to_owned() });
            }
        }
        rows.dedup();
        rows
    }
}

fn begins(words: &[(String, usize)], phrase: &[&str]) -> bool {
    words.len() >= phrase.len() && words.iter().zip(phrase).all(|((word, _), pattern)| matches(pattern, word))
}

fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |stem| word.starts_with(stem))
}

/// Returns the words of a text in lower case with their lines. Identifiers are split into their words.
fn words_of(text: &str) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let runs = line.split(|character: char| !character.is_alphabetic());
        words.extend(runs.flat_map(split_at_capitals).map(|word| (word.to_lowercase(), index + 1)));
    }
    words
}

/// Splits `SessionStore` into two words, and leaves `HTTP` whole.
fn split_at_capitals(run: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut previous_is_lower = false;
    for (index, character) in run.char_indices() {
        if previous_is_lower && character.is_uppercase() {
            words.push(&run[start..index]);
            start = index;
        }
        previous_is_lower = character.is_lowercase();
    }
    words.push(&run[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [words]
        "snark*" = "sheep"
        "jub" = "bird"
        "goes by" = "passes"
        [[exceptions]]
        word = "jub"
        file = "docs"
        reason = "a quotation"
    "#;

    fn rows(text: &str) -> Vec<(usize, String)> {
        let rows = WordList::parse(LIST).find("a.rs", text);
        rows.into_iter().map(|row| (row.line, row.word)).collect()
    }

    #[test]
    fn words_are_found_in_comments_strings_and_identifiers() {
        let text = "// Jub waits\nstruct SealedSnark;\nfn snarked_token() {}\nlet a = \"snarks\";";
        let snark = || "snark*".to_owned();
        assert_eq!(rows(text), [(1, "jub".to_owned()), (2, snark()), (3, snark()), (4, snark())]);
    }

    #[test]
    fn phrases_are_found_across_line_breaks() {
        assert_eq!(rows("/// It goes\n/// by."), [(1, "goes by".to_owned())]);
    }

    #[test]
    fn parts_of_words_are_not_found() {
        assert_eq!(rows("the displaysnark and JUBA; goes it by; goes"), []);
    }

    #[test]
    fn an_exception_explains_its_own_folder_only() {
        let list = WordList::parse(LIST);
        let explained = |file: &str| list.exceptions_of(&list.find(file, "jub")[0]).count();
        assert_eq!((explained("docs/api.md"), explained("docs.md")), (1, 0));
    }

    #[test]
    fn an_exception_explains_its_own_text_only() {
        let list = WordList::parse(&LIST.replace("file = \"docs\"", "text = \"jub@example\""));
        let explained = |text: &str| list.exceptions_of(&list.find("a.rs", text)[0]).count();
        assert_eq!((explained("to jub@example.com"), explained("to jub")), (1, 0));
    }

    #[test]
    #[should_panic(expected = "needs a file or a text")]
    fn an_exception_without_limits_is_an_error() {
        WordList::parse(&LIST.replace("file = \"docs\"", ""));
    }

    #[test]
    #[should_panic(expected = "has no word")]
    fn an_exception_for_an_unlisted_word_is_an_error() {
        WordList::parse("words = {}\n[[exceptions]]\nword = \"a\"\nfile = \"b\"\nreason = \"c\"");
    }
}
