//! The files of `deploy/prometheus` and `deploy/grafana` fit to each other and to the documents. `tests/interop/board.rs` runs them with
//! Prometheus.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod alerts;
mod board;

use std::fs;

use auth_e2e::{documents, sources};

const DOCUMENTS: &str = "https://github.com/hooksentry/hooksentry-auth/blob/main/docs/";

/// Fails if `url` does not lead to a heading of a document.
fn expect_heading(url: &str) {
    let (page, anchor) = url.split_once('#').expect("an anchor");
    let page = page.strip_prefix(DOCUMENTS).expect("a document of this repository");
    let text = fs::read_to_string(sources::root().join("docs").join(page)).expect("a document");
    assert!(
        documents::anchors(&text).iter().any(|heading| heading == anchor),
        "there is no heading for {url}"
    );
}
