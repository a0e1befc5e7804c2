//! What hides, redirects or filters rows.

use super::relation::Relation;

/// Sentences about the relations.
#[derive(Default)]
pub(super) struct Problems {
    pub(super) errors: Vec<String>,
    /// What is ambiguous, but works.
    pub(super) warnings: Vec<String>,
}

/// Returns the problems of both tables.
pub(super) fn problems(relations: &[Relation]) -> Problems {
    let mut problems = Problems::default();
    for name in ["users", "tenants"] {
        problems.errors.extend(hidden(name, relations));
        let Some(read) = read(name, relations) else { continue };
        problems.errors.extend(redirected(read));
        if !relations.iter().any(|other| is_meant_instead(other, read, relations)) {
            problems.warnings.extend(
                relations.iter().find(|other| is_rival(other, read)).map(|other| shadowed(read, other)),
            );
        }
    }
    problems
}

/// Returns what hides rows of a table from a lookup.
pub(super) fn hidden(name: &str, relations: &[Relation]) -> Vec<String> {
    let Some(read) = read(name, relations) else { return unreached(name, relations).into_iter().collect() };
    let instead = relations.iter().find(|other| is_meant_instead(other, read, relations));
    filtered(read).into_iter().chain(instead.map(|other| mistaken(read, other))).collect()
}

/// Returns the relation that a statement of this service means.
pub(super) fn read<'a>(name: &str, relations: &'a [Relation]) -> Option<&'a Relation> {
    relations.iter().find(|relation| relation.name == name && relation.is_read)
}

/// The table exists, but a statement does not find it.
fn unreached(name: &str, relations: &[Relation]) -> Option<String> {
    let table = relations.iter().find(|relation| relation.name == name && relation.is_alike)?;
    let Relation { schema, role, .. } = table;
    Some(format!(
        "{} exists, but the role {role} does not find it; GRANT USAGE ON SCHEMA {schema} TO {role}, and add the schema to the search_path \
         of the role",
        table.qualified_name(),
    ))
}

fn filtered(read: &Relation) -> Option<String> {
    let (relation, role) = (read.qualified_name(), &read.role);
    if !read.is_table() {
        return Some(format!(
            "{relation} is a {} and may hide rows; rename it, or set the search_path of the role {role} to the schema of the table",
            read.kind_name()
        ));
    }
    if read.is_temporary {
        return Some(format!("{relation} is a temporary table, which hides the table; drop it"));
    }
    if read.is_partition {
        return Some(format!(
            "{relation} is a partition, so the rows of the others are hidden; rename it, and give its name to one table with all rows"
        ));
    }
    if read.has_children {
        return Some(format!(
            "{relation} has child tables, across which neither ids nor emails are unique; move their rows into {relation}, and drop them"
        ));
    }
    if read.is_filtered {
        return Some(format!(
            "row security filters the rows of {relation} for the role {role}; ALTER ROLE {role} BYPASSRLS, or disable row security on \
             the table"
        ));
    }
    let unreadable = read.unreadable.as_ref()?;
    Some(format!(
        "the role {role} may not read {unreadable} of {relation}; GRANT SELECT ON {relation} TO {role}"
    ))
}

fn redirected(read: &Relation) -> Option<String> {
    read.is_redirected.then(|| {
        let relation = read.qualified_name();
        format!("a rule redirects statements on {relation}; drop the rule, or use a trigger in its place")
    })
}

/// A later relation of the search path that could be read in place of this one.
fn is_rival(other: &Relation, read: &Relation) -> bool {
    other.name == read.name && !other.is_read && other.is_alike && other.is_in_path
}

/// Whether another relation is meant: it has rows and the one that is read has none, or it is in the schema of the other table, and the
/// one that is read is in an earlier schema. A later relation alone is no error, because each role that may create tables in a schema
/// of the search path can make one.
fn is_meant_instead(other: &Relation, read: &Relation, relations: &[Relation]) -> bool {
    if other.name != read.name || other.is_read || !other.is_alike {
        return false;
    }
    let has_the_other_table = |schema: &str| {
        relations.iter().any(|table| table.is_read && table.name != read.name && table.schema == schema)
    };
    (!read.has_rows && other.has_rows)
        || (is_rival(other, read) && has_the_other_table(&other.schema) && !has_the_other_table(&read.schema))
}

fn mistaken(read: &Relation, other: &Relation) -> String {
    format!(
        "the service reads {}{}, and not {}; {}",
        read.qualified_name(),
        if read.has_rows { "" } else { ", which is empty" },
        other.qualified_name(),
        remedy(read)
    )
}

fn shadowed(read: &Relation, other: &Relation) -> String {
    format!(
        "{} is in the search_path as well; the service reads {}; {}",
        other.qualified_name(),
        read.qualified_name(),
        remedy(read)
    )
}

fn remedy(read: &Relation) -> String {
    format!("name one schema in the search_path of the role {}, or rename one of the two", read.role)
}
