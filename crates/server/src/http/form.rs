//! Request bodies as forms: every field at fault is named at once.

use auth_domain::model::{Email, IdempotencyKey, InvalidPassword, Password};
use zeroize::Zeroizing;

use super::ApiError;
use super::strict_json::{self, Member, Members};

#[cfg(test)]
mod tests;

/// The longest refresh token that is looked at, in bytes; anything longer is malformed.
const MAX_REFRESH_TOKEN: usize = 512;

/// A JSON object whose fields are taken one by one.
pub(super) struct Form {
    members: Members,
    problems: Vec<String>,
}

impl Form {
    /// Parses a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let members =
            strict_json::parse(body).map_err(|rejection| ApiError::InvalidRequest(rejection.to_string()))?;
        Ok(Self { members, problems: Vec::new() })
    }

    /// Takes `email`.
    pub(super) fn email(&mut self) -> Option<Email> {
        let text = self.text("email")?;
        Email::parse(&text).map_err(|problem| self.note(sentence(&problem.to_string()))).ok()
    }

    /// Takes `password`.
    pub(super) fn password(&mut self) -> Option<Password> {
        let text = self.text("password")?;
        let parsed = Password::parse(text.to_string());
        parsed.map_err(|problem: InvalidPassword| self.note(sentence(&problem.to_string()))).ok()
    }

    /// Takes `refreshToken`: any text that could be one.
    pub(super) fn refresh_token(&mut self) -> Option<Zeroizing<String>> {
        let text = self.text("refreshToken")?;
        if text.len() > MAX_REFRESH_TOKEN {
            self.note(format!("The refreshToken is longer than {MAX_REFRESH_TOKEN} bytes."));
            return None;
        }
        Some(text)
    }

    /// Ends the form; `None` among the fields means that a problem was noted.
    pub(super) fn finish<T>(self, fields: Option<T>) -> Result<T, ApiError> {
        fields.ok_or_else(|| ApiError::InvalidRequest(self.problems.join(" ")))
    }

    /// Takes a required text that is not blank.
    fn text(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let position = self.members.iter().position(|(member, _)| member == name);
        let member = position.map(|position| self.members.swap_remove(position).1);
        let problem = match member {
            Some(Member::Text(text)) if !text.trim().is_empty() => return Some(text),
            Some(Member::Text(_)) => "must not be blank".to_owned(),
            Some(other) => format!("must be a string, not {}", other.kind()),
            None => "is required".to_owned(),
        };
        self.note(format!("The field {name} {problem}."));
        None
    }

    fn note(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

/// Reads the header that makes a refresh repeatable: once, or not at all.
pub(super) fn idempotency_key<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(value) = values.next() else { return Ok(None) };
    let reject = |fault: &str| Err(ApiError::InvalidRequest(format!("The Idempotency-Key header {fault}.")));
    if values.next().is_some() {
        return reject("must appear only once");
    }
    match IdempotencyKey::parse(value) {
        Ok(key) => Ok(Some(key)),
        Err(_) => reject("must have 1 to 255 visible ASCII characters"),
    }
}

fn sentence(problem: &str) -> String {
    let mut letters = problem.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
