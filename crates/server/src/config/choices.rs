//! Parsers of settings that choose one of several words.

/// Parses one of the words of `choices`.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = choices.iter().find(|(word, _)| *word == text);
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        format!("{text:?} is not known; write {}", words.join(" or "))
    })
}

/// Parses a switch. TOML has `true` and `false` for it.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => choice(other, &[("on", true), ("off", false)]),
    }
}
