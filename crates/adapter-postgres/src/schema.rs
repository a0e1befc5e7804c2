//! The tables, with the columns that this service uses.
//!
//! Columns of `users` are nullable here because the HookSentry platform may have made them so. A null in one row must
//! not make the whole table unreadable.

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
