//! The tables as `migrations/sqlite` creates them.
//!
//! Role and status are read as 64 bits: SQLite stores any integer, and cutting an undefined one to 32 bits could make it a
//! defined one.

diesel::table! {
    tenants (id) {
        id -> Binary,
        name -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        tenant_id -> Binary,
        email -> Text,
        password_hash -> Nullable<Text>,
        status -> BigInt,
        role -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sessions (user_id, session_id) {
        user_id -> Binary,
        session_id -> Binary,
        tenant_id -> Binary,
        created_at -> BigInt,
        expires_at -> BigInt,
        ends_at -> BigInt,
        current_digest -> Binary,
        previous_digest -> Nullable<Binary>,
        generation -> BigInt,
        rotated_at -> BigInt,
        live_tokens -> Binary,
        #[sql_name = "replay_tag"]
        retry_tag -> Nullable<Binary>,
        #[sql_name = "replay_sealed"]
        retry_sealed -> Nullable<Binary>,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        rotated_from -> Nullable<Binary>,
        retries -> BigInt,
        minute_started_at -> Nullable<BigInt>,
        minute_refreshes -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The columns of `sessions` that the maintenance reads.
    #[sql_name = "sessions"]
    numbered_sessions (id) {
        id -> BigInt,
        user_id -> Binary,
        session_id -> Binary,
        rotated_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_minutes (user_id) {
        user_id -> Binary,
        started_at -> BigInt,
        refreshes -> BigInt,
    }
}

diesel::table! {
    denylist (token_id) {
        token_id -> Binary,
        until -> BigInt,
    }
}

diesel::table! {
    login_failures (limit_key, at, ticket) {
        #[sql_name = "axis_key"]
        limit_key -> Binary,
        at -> BigInt,
        ticket -> Binary,
        email_key -> Binary,
        settled -> Bool,
    }
}

diesel::table! {
    login_successes (limit_key, pair_key) {
        limit_key -> Binary,
        pair_key -> Binary,
        at -> BigInt,
    }
}

diesel::table! {
    login_daily_counts (email_key) {
        email_key -> Binary,
        at -> BigInt,
        hour -> BigInt,
        unknown_last -> BigInt,
        known_last -> BigInt,
        attempts -> Binary,
    }
}

diesel::table! {
    clock_watch (id) {
        id -> BigInt,
        seen_at -> BigInt,
        jumps -> Binary,
        behind_until -> Nullable<BigInt>,
    }
}
