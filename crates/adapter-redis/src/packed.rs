//! Arguments of scripts that are packed into one: each argument of a call costs time in the server.

use redis::{RedisWrite, ToRedisArgs};

/// Numbers and bytes as `struct.unpack` of a script reads them: big-endian, without padding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    /// Adds numbers of 8 bytes each (`i8`).
    pub(crate) fn numbers<const N: usize>(self, numbers: [i64; N]) -> Self {
        self.bytes(numbers.map(i64::to_be_bytes).as_flattened())
    }

    /// Adds a number of 4 bytes (`I4`).
    pub(crate) fn small(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Adds a number of one byte (`B`).
    pub(crate) fn byte(self, number: u8) -> Self {
        self.bytes(&[number])
    }

    /// Adds a byte that is 0 or 1 (`B`).
    pub(crate) fn flag(self, flag: bool) -> Self {
        self.byte(u8::from(flag))
    }

    /// Adds a byte (`B`) whose lowest bits are these.
    pub(crate) fn flags(self, [first, second]: [bool; 2]) -> Self {
        self.byte(u8::from(first) | u8::from(second) << 1)
    }

    /// Adds bytes (`c` with their number).
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds bytes that may be missing; they are zeros then.
    pub(crate) fn optional<const N: usize>(self, bytes: Option<&[u8; N]>) -> Self {
        self.bytes(bytes.unwrap_or(&[0; N]))
    }
}

impl ToRedisArgs for Packed {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        out.write_arg(&self.0);
    }
}
