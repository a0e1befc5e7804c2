//! The columns that requests read.

/// The tables and their columns in a `FROM` clause.
macro_rules! needed {
    () => {
        "(VALUES ('users', '{id,tenant_id,email,password_hash,status,role,created_at}'::name[]),
                 ('tenants', '{id,name}')) AS used (name, needed)"
    };
}

pub(super) use needed;
