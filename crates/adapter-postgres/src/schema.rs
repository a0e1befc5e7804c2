//! The tables that the platform owns, as far as this service uses them.

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
        tenant_id -> Uuid,
        email -> Text,
        password_hash -> Nullable<Text>,
        status -> Integer,
        role -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}
