//! The tables that the platform owns, as far as this service uses them.
//!
//! Columns of `users` are nullable here, because they may be in the platform's table. A null in one row must not make
//! the whole table look unreachable.

diesel::table! {
    tenants (id) {
        id -> Uuid,
        name -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        status -> Nullable<Integer>,
        role -> Nullable<Integer>,
        created_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}
