//! `redis`: the Redis server of the store of tokens.

use super::reader::Reader;
use super::server::{RedisSettings, ServerSettings};
use super::{choices, numbers};

/// The largest number of replicas to wait for.
const MAX_REPLICAS: u32 = 10;

/// The settings of the section.
const KEYS: [&str; 7] = [
    "redis.url",
    "redis.url_file",
    "redis.ca_file",
    "redis.client_cert_file",
    "redis.client_key_file",
    "redis.allow_plain_text",
    "redis.wait_replicas",
];

/// Takes the section; `is_used` is whether `tokens.backend` chooses it.
pub(super) fn read(reader: &mut Reader, is_used: Option<bool>) -> Option<RedisSettings> {
    let url = match is_used {
        Some(true) => reader.required_secret("redis.url", "if TOKENS__BACKEND is redis"),
        Some(false) => {
            reader.unused(&KEYS, "TOKENS__BACKEND is embedded; remove it, or write redis there");
            return None;
        }
        None => reader.secret("redis.url"),
    };
    let ca_file = reader.path("redis.ca_file");
    let client_cert_file = reader.path("redis.client_cert_file");
    let client_key_file = reader.secret_path("redis.client_key_file");
    let allow_plain_text = reader.read("redis.allow_plain_text", choices::switch);
    let wait_replicas = reader.read("redis.wait_replicas", |text| numbers::within(text, &(0..=MAX_REPLICAS)));
    let server = ServerSettings {
        url: url?,
        ca_file: ca_file.ok()?,
        client_cert_file: client_cert_file.ok()?,
        client_key_file: client_key_file.ok()?,
        allow_plain_text: allow_plain_text?,
    };
    Some(RedisSettings { server, wait_replicas: wait_replicas? })
}
