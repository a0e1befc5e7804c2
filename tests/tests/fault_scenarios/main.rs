//! One fault at a time, under load: stores that fail, clients and networks that fail, clocks and disks that are wrong.
//!
//! Every answer must be the one that is due, or a 503 with `Retry-After`. The fault ends, and within two seconds every call succeeds.

mod clocks;
mod embedded_kills;
mod exhausted;
mod full_disk;
mod lost_data;
mod lost_replies;
mod networks;
mod postgres;
mod redis;
mod resets;
mod scenario;
