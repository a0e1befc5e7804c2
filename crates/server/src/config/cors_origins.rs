//! `http.cors_origins`: the origins of pages that can call the service from a browser.

use auth_http_input::{InvalidOrigin, check_origin};

use super::values;

/// Parses origins that are separated by commas, each exactly as browsers send it in `Origin`.
pub(super) fn parse(text: &str) -> Result<Vec<String>, String> {
    values::items(text).map(|item| origin(item).map(|()| item.to_owned())).collect()
}

fn origin(item: &str) -> Result<(), String> {
    check_origin(item).map_err(|problem| match problem {
        InvalidOrigin::Separator => format!("{item:?} is not an origin; write commas between origins"),
        InvalidOrigin::NotAnOrigin => format!(
            "\"{item}\" is not an origin; write each one out, without wildcards, for example https://app.example.com"
        ),
        InvalidOrigin::NotCanonical(exact) => {
            format!("\"{item}\" is not the text that browsers send; write {exact}")
        }
    })
}
