//! The build of the program.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::build_info::{COMMIT, FEATURES, VERSION};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BuildLabels {
    version: &'static str,
    commit: &'static str,
    features: &'static str,
}

/// Returns the gauge, which is 1.
pub(super) fn info() -> Family<BuildLabels, Gauge> {
    let info = Family::<BuildLabels, Gauge>::default();
    info.get_or_create(&BuildLabels { version: VERSION, commit: COMMIT, features: FEATURES }).set(1);
    info
}
