//! What only this adapter guarantees: deadlines, the number of commands, the size of records, behaviour during outages, and
//! the equality of the scripts and the rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![expect(clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod batches;
mod caching;
mod clocks;
mod clusters;
mod commands;
mod connections;
mod corrupt_records;
mod credentials;
mod deadlines;
mod diagnostics;
mod equality;
mod failover;
mod fake_sentinel;
mod form_diagnostics;
mod killed_openings;
mod limiter_memory;
mod lost_replies;
mod lost_rotations;
mod mistaken_urls;
mod moving_slots;
mod outages;
mod pending;
mod records;
mod release_before;
mod releases;
mod replicas;
mod resending_proxy;
mod resent_scripts;
mod rights;
mod schedules;
mod sentinels;
mod stored_limits;
mod stored_session;
mod support;
mod workers;
