//! Deployments with users in Postgres and tokens in Redis: several instances, outages, and the migration from the legacy
//! service. The other black-box tests run on these stores, too.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod administration;
mod bearers;
mod connection_limit;
mod crash;
mod exchange;
mod instances;
mod live_tokens;
mod outages;
mod replicas;
mod round_trips;
mod stored;
mod switch;
mod trust;
mod verification;
