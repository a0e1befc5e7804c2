//! The board of Grafana.

use std::collections::BTreeSet;

use auth_e2e::board::{Panel, Query, panels, read};
use serde_json::Value;

use crate::expect_heading;

const COLUMNS: u64 = 24;

#[test]
fn every_panel_says_what_to_do_and_leads_to_a_section() {
    for Panel { title, json, .. } in panels() {
        let description = json["description"].as_str().unwrap_or_default();
        assert!(description.contains("**What to do:** "), "{title}: {description}");
        expect_heading(json["links"][0]["url"].as_str().expect("a link"));
    }
}

#[test]
fn every_graph_has_a_unit() {
    for Panel { title, json, .. } in panels() {
        let is_graph = json["type"] == "timeseries" || json["type"] == "stat";
        let unit = &json["fieldConfig"]["defaults"]["unit"];
        assert!(!is_graph || unit.is_string(), "{title} has no unit");
    }
}

#[test]
fn every_query_is_about_the_chosen_job_and_instances() {
    for Panel { title, queries, json } in panels() {
        assert_eq!(json["datasource"]["uid"], "${datasource}", "{title}");
        for Query { expression: query, .. } in queries {
            let selectors = query.matches('{').count();
            let chosen = query.matches(r#"{job=~"$job", instance=~"$instance""#).count();
            // Alerts of a whole job have no instance.
            let expected = selectors - query.matches("ALERTS{").count();
            assert!(selectors > 0 && chosen == expected, "{title}: {query}");
        }
    }
}

#[test]
fn panels_have_their_own_ids_and_places() {
    let board = read();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in board["panels"].as_array().expect("panels") {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "the id of {title} is used twice");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|name| place(panel, name));
        assert!(x + w <= COLUMNS, "{title} is wider than the board");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title} overlaps another panel at {cell:?}");
        }
    }
    assert!(ids.len() > 40, "{} panels", ids.len());
}

fn place(panel: &Value, name: &str) -> u64 {
    panel.pointer(&format!("/gridPos/{name}")).and_then(Value::as_u64).expect("a place")
}
