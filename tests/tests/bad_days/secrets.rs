//! Secrets and authorities are replaced while the service runs.

mod files;
mod keys;
mod rejections;
mod servers;
