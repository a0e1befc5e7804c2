//! The board of `deploy/grafana`.

use std::collections::BTreeMap;

use serde_json::Value;

const JSON: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/grafana/hooksentry-auth.json"));

/// A panel that shows data.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// Its queries, with variables.
    pub queries: Vec<String>,
    /// All of its JSON.
    pub json: Value,
}

/// Returns the board.
pub fn read() -> Value {
    serde_json::from_str(JSON).expect("the board is JSON")
}

/// Returns the panels that show data, in their order.
pub fn panels() -> Vec<Panel> {
    let board = read();
    let panels = board["panels"].as_array().expect("panels").iter().filter(|panel| panel["type"] != "row");
    panels.map(Panel::new).collect()
}

/// Replaces the variables of a query, by their names without the dollar sign.
pub fn with_variables(query: &str, values: &BTreeMap<&str, &str>) -> String {
    let replaced = values
        .iter()
        .fold(query.to_owned(), |query, (name, value)| query.replace(&format!("${name}"), value));
    assert!(!replaced.contains('$'), "an unknown variable in {replaced}");
    replaced
}

impl Panel {
    fn new(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let targets = json["targets"].as_array().expect("a panel with queries");
        let queries = targets.iter().map(|target| text(&target["expr"])).collect();
        Self { title: text(&json["title"]), queries, json: json.clone() }
    }
}
