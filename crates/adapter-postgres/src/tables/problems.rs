//! What hides, redirects or filters rows.

use super::namesake::Namesake;
use super::relation::Relation;

/// The names of the tables.
pub(super) const TABLES: [&str; 2] = ["users", "tenants"];

/// Sentences about the relations.
#[derive(Default)]
pub(super) struct Problems {
    pub(super) errors: Vec<String>,
    /// What is ambiguous, but works.
    pub(super) warnings: Vec<String>,
}

/// Returns the problems of both tables.
pub(super) fn problems(relations: &[Relation], namesakes: &[Namesake]) -> Problems {
    let mut problems = Problems::default();
    for name in TABLES {
        let Some(read) = read(name, relations) else {
            problems.errors.extend(unreached(name, namesakes));
            continue;
        };
        let instead = mistaken(read, relations, namesakes);
        if instead.is_none() {
            problems.warnings.extend(ambiguous(read, namesakes));
        }
        problems.errors.extend(filtered(read).into_iter().chain(instead).chain(redirected(read)));
    }
    problems
}

/// Returns the tables that are empty or not found: a table of any schema may be meant in their place.
pub(super) fn empty_or_missing(relations: &[Relation]) -> Vec<&'static str> {
    TABLES.into_iter().filter(|name| read(name, relations).is_none_or(|table| table.is_empty)).collect()
}

/// Returns the relation that a statement of this service means.
pub(super) fn read<'a>(name: &str, relations: &'a [Relation]) -> Option<&'a Relation> {
    relations.iter().find(|relation| relation.name == name)
}

/// The table exists, but a statement does not find it.
fn unreached(name: &str, namesakes: &[Namesake]) -> Option<String> {
    let table = namesakes.iter().find(|other| other.name == name)?;
    let Namesake { schema, role, .. } = table;
    Some(format!(
        "{} exists, but the role {role} does not find it; GRANT USAGE ON SCHEMA {schema} TO {role}, and add the schema to the search_path \
         of the role",
        table.qualified_name(),
    ))
}

/// Returns what hides rows of a relation from a lookup, whatever other relations there are.
pub(super) fn filtered(read: &Relation) -> Option<String> {
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

/// Another relation is meant: it has rows and the one that is read has none, or it is in the schema of the other table, and the one that is
/// read is in an earlier schema. A later relation alone is no error, because each role that may create tables in a schema of the search
/// path can make one.
pub(super) fn mistaken(read: &Relation, relations: &[Relation], namesakes: &[Namesake]) -> Option<String> {
    let has_the_other_table =
        |schema: &str| relations.iter().any(|table| table.name != read.name && table.schema == schema);
    let is_meant = |other: &&Namesake| {
        (read.is_empty && other.has_rows && other.is_trusted())
            || (other.is_in_path && has_the_other_table(&other.schema) && !has_the_other_table(&read.schema))
    };
    let other = namesakes.iter().filter(|other| other.name == read.name).find(is_meant)?;
    Some(format!(
        "the service reads {}{}, and not {}; {}",
        read.qualified_name(),
        if read.is_empty { ", which is empty" } else { "" },
        other.qualified_name(),
        remedy(read)
    ))
}

fn ambiguous(read: &Relation, namesakes: &[Namesake]) -> Option<String> {
    let mut others = namesakes.iter().filter(|other| other.name == read.name);
    let other = others.find(|other| other.is_in_path || other.has_rows)?;
    let (name, of_service) = (other.qualified_name(), read.qualified_name());
    if other.is_in_path {
        return Some(format!(
            "{name} is in the search_path as well; the service reads {of_service}; {}",
            remedy(read)
        ));
    }
    Some(format!(
        "{name} has rows and another owner; the service reads {of_service}, which is empty; if the other one is meant, set the \
         search_path of the role {} to its schema",
        read.role
    ))
}

fn remedy(read: &Relation) -> String {
    format!("name one schema in the search_path of the role {}, or rename one of the two", read.role)
}
