#![doc = include_str!("../README.md")]

pub mod model;
pub mod observation;
pub mod ports;
pub mod use_cases;

#[cfg(any(test, feature = "mocks"))]
pub mod mocks;
