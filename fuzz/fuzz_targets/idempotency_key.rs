#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| auth_fuzzing::check("idempotency_key", input));
