//! The service together with third-party programs: nginx, HAProxy and Caddy with the configurations of the documents, `PgBouncer`, Java's
//! HTTP client, validators of OpenAPI, clients that generators make from the document, pages in Chromium, and the
//! clients of the documents.
//!
//! `just interop` installs the programs and runs these tests; `just test` ignores them. A program that is missing is a
//! failure that names its package.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod api_fuzzing;
mod board;
mod browser;
mod clients;
mod clocks;
mod deploy;
mod disks;
mod floods;
mod generated_clients;
mod java;
mod openapi;
mod poolers;
mod programs;
mod proxies;
mod restarts;
mod spellings;
mod workflows;
