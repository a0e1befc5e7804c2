//! Prometheus with the files of `deploy/prometheus`, in short intervals.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::documents::with_changes;
use auth_e2e::{Api, Server, send};
use auth_testkit::servers::PrometheusServer;
use reqwest::{Method, Url};
use serde_json::Value;

const CONFIGURATION: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus/prometheus.yml"));
const ALERTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus/alerts.yml"));
const SCRAPE_LIMIT: Duration = Duration::from_secs(20);

/// A Prometheus that scrapes instances.
#[derive(Debug)]
pub(super) struct Prometheus {
    server: PrometheusServer,
    api: Api,
}

impl Prometheus {
    /// Starts one that scrapes servers each second; the first is the instance `auth-1`. Alerts fire a second after they became
    /// true.
    pub(super) fn start(servers: &[Server]) -> Self {
        let targets = |(number, server): (usize, &Server)| {
            let address = server.installation.setting("ADMIN__LISTEN");
            format!("targets: [\"{address}\"]\n        labels: {{ instance: auth-{} }}\n", number + 1)
        };
        let targets: Vec<_> = servers.iter().enumerate().map(targets).collect();
        let targets = targets.join("      - ");
        let configuration = with_changes(
            CONFIGURATION,
            &[
                ("scrape_interval: 15s", "scrape_interval: 1s"),
                ("evaluation_interval: 15s", "evaluation_interval: 1s"),
                (r#"targets: ["auth-1:9080", "auth-2:9080", "auth-3:9080"]"#, &targets),
            ],
        );
        let alerts = ALERTS.replace("        for: 1m\n", "        for: 1s\n");
        let server = PrometheusServer::start(&[("prometheus.yml", &configuration), ("alerts.yml", &alerts)]);
        let api = Api::new(&server.address()).keeping_connections();
        Self { server, api }
    }

    /// Returns the address of its interface.
    pub(super) fn address(&self) -> String {
        self.server.address()
    }

    /// Returns whether an instant query has a sample that is a number, and the labels.
    pub(super) async fn has_number(&self, query: &str, labels: &[String]) -> bool {
        let data = self.get("query", &[("query", query)]).await;
        let samples = data["result"].as_array().expect("a vector");
        let has_labels = |sample: &Value| labels.iter().all(|label| sample["metric"][label].is_string());
        samples.iter().any(|sample| sample["value"][1] != "NaN" && has_labels(sample))
    }

    /// Waits until a query has a sample.
    pub(super) async fn expect_sample(&self, query: &str) {
        let watch = Stopwatch::start();
        while !self.has_number(query, &[]).await {
            assert!(watch.elapsed() < SCRAPE_LIMIT, "no sample of {query}");
            pause(Duration::from_millis(50)).await;
        }
    }

    /// Returns the summaries of the firing alerts by their names.
    pub(super) async fn firing(&self) -> BTreeMap<String, String> {
        let data = self.get("alerts", &[]).await;
        let alerts =
            data["alerts"].as_array().expect("alerts").iter().filter(|alert| alert["state"] == "firing");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        alerts
            .map(|alert| (text(&alert["labels"]["alertname"]), text(&alert["annotations"]["summary"])))
            .collect()
    }

    async fn get(&self, endpoint: &str, parameters: &[(&str, &str)]) -> Value {
        let url = Url::parse_with_params(&format!("http://prometheus/api/v1/{endpoint}"), parameters)
            .expect("a URL");
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let reply = send(self.api.request(Method::GET, &path)).await.expect("an answer");
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["data"].clone()
    }
}
