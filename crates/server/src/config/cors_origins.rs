//! `http.cors_origins`: the origins of pages that can call the service from a browser.

use url::Url;

use super::values;

/// Parses origins that are separated by commas, each exactly as browsers send it in `Origin`.
pub(super) fn parse(text: &str) -> Result<Vec<String>, String> {
    values::items(text).map(|item| origin(item).map(|()| item.to_owned())).collect()
}

fn origin(item: &str) -> Result<(), String> {
    if item.contains([';', ' ']) {
        return Err(format!("{item:?} is not an origin; write commas between origins"));
    }
    let url = Url::parse(item).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let Some(url) = url.filter(|_| !item.contains('*')) else {
        return Err(format!(
            "\"{item}\" is not an origin; write each one out, without wildcards, for example https://app.example.com"
        ));
    };
    let exact = url.origin().ascii_serialization();
    if exact == item {
        Ok(())
    } else {
        Err(format!("\"{item}\" is not the text that browsers send; write {exact}"))
    }
}
