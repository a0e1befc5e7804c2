#![doc = include_str!("../README.md")]

mod forwarded;
mod framing;
mod head;
mod host;
mod origin;

pub use forwarded::{AddressHeader, client_address};
pub use framing::Framing;
pub use head::{EndFinder, WebsocketOffered, empty_lines, ignore_upgrade};
pub use host::is_valid_host;
pub use origin::{InvalidOrigin, check_origin};
