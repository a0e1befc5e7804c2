//! The board of `deploy/grafana`.

use serde_json::Value;

const JSON: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/grafana/hooksentry-auth.json"));

/// A panel that shows data.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// Its queries.
    pub queries: Vec<Query>,
    /// All of its JSON.
    pub json: Value,
}

/// A query of a panel.
#[derive(Clone, Debug)]
pub struct Query {
    /// The expression, with variables.
    pub expression: String,
    /// The labels that its legend shows.
    pub labels: Vec<String>,
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

impl Panel {
    fn new(json: &Value) -> Self {
        let targets = json["targets"].as_array().expect("a panel with queries");
        let queries = targets.iter().map(Query::new).collect();
        Self { title: text(&json["title"]), queries, json: json.clone() }
    }
}

impl Query {
    fn new(target: &Value) -> Self {
        let legend = text(&target["legendFormat"]);
        let labels = legend.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.to_owned()));
        Self { expression: text(&target["expr"]), labels: labels.collect() }
    }

    /// Returns the expression with values of its variables: all instances of the job that the alerts select, and rates over `interval`.
    pub fn with_variables(&self, interval: &str) -> String {
        let values = [("$__rate_interval", interval), ("$job", "hooksentry-auth"), ("$instance", ".+")];
        let replaced =
            values.iter().fold(self.expression.clone(), |text, (name, value)| text.replace(name, value));
        assert!(!replaced.contains('$'), "an unknown variable in {replaced}");
        replaced
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
