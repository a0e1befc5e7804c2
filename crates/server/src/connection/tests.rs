//! Connections over streams in memory.

mod bodies;
mod closing;
mod heads;
mod memory;
mod support;
