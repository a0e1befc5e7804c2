//! The real deployment: users in Postgres, tokens in Redis, several instances side by side, and the takeover from the
//! service before this one. Whatever else the other tests here say holds on these stores too: they run on both.
#![expect(clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod administration;
mod bearers;
mod crash;
mod instances;
mod outages;
mod round_trips;
mod stored;
mod switch;
mod trust;
mod verification;
