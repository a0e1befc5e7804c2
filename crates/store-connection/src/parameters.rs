//! Parameters of a URL, after the `?`.

use zeroize::Zeroizing;

use crate::error::UrlError;
use crate::text::decoded;

/// What to do instead of setting a parameter: its name in lower case, and the advice. The empty name stands for all others.
pub type Remedy = (&'static str, &'static str);

/// The parameters that were not taken yet.
pub(crate) struct Parameters(Vec<(String, Zeroizing<String>)>);

impl Parameters {
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let mut parameters: Vec<(String, _)> = Vec::new();
        for (index, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            let number = format!("parameter {}", index + 1);
            let Some((name, value)) = pair.split_once('=') else {
                let name = printable(&decoded(pair, &number)?, index);
                return Err(UrlError::new(format!(
                    "parameter {name} has no value; write NAME=VALUE, or remove it"
                )));
            };
            let (name, value) = (decoded(name, &number)?, decoded(value, &number)?);
            if parameters.iter().any(|(other, _)| *other == name) {
                let name = printable(&name, index);
                return Err(UrlError::new(format!("parameter {name} is set twice; remove one of them")));
            }
            parameters.push((name, Zeroizing::new(value)));
        }
        Ok(Self(parameters))
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let index = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(index).1)
    }

    /// Rejects the first parameter that was not taken.
    pub(crate) fn finish(&self, remedies: &[Remedy]) -> Result<(), UrlError> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        let lower = name.to_ascii_lowercase();
        let remedy = |name: &str| remedies.iter().find(|(known, _)| *known == name);
        let advice = remedy(&lower).or_else(|| remedy("")).map_or("remove it", |(_, advice)| advice);
        Err(UrlError::new(format!("unknown parameter {}; {advice}", printable(name, 0))))
    }
}

/// Returns the name of a parameter for messages, unless it can be a part of a secret.
fn printable(name: &str, index: usize) -> String {
    let is_name = name.chars().all(|letter| letter.is_ascii_alphabetic() || "_-.".contains(letter));
    if is_name && name.len() <= 40 { format!("`{name}`") } else { format!("number {}", index + 1) }
}
