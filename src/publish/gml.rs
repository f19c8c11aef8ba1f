//! Names in GML that an agreed schema prescribes, put on a dataset's layer.

use super::load::field;
use super::names::is_of_a_standard;
use super::{GmlSchema, PublishError};
use crate::ingest::Loaded;
use crate::model::ColumnType;
use crate::store::Session;
use std::collections::HashSet;

/// Puts the names on the only layer of a dataset, in its transaction.
///
/// # Errors
/// [`PublishError::Option`] when a name is none, is taken, or is of a column that isn't there.
pub(super) async fn apply(
    session: &mut Session,
    dataset_id: i64,
    schema: &GmlSchema,
    loaded: &Loaded,
) -> Result<(), PublishError> {
    let [layer] = loaded.layers.as_slice() else {
        return Err(refused("names in GML are given to one layer; choose it with --layer"));
    };
    let profile = schema.profile();
    let names = profile.type_name.iter().chain(profile.geometry.iter().map(|g| &g.name));
    if let Some(bad) = names.chain(&schema.prefix).find(|name| !is_ncname(name)) {
        return Err(refused(&format!(
            "'{bad}' can't be a name in XML; begin with a letter, and use no space or colon"
        )));
    }
    if let Some(taken) = schema.prefix.as_deref().filter(|prefix| is_of_a_standard(prefix)) {
        return Err(refused(&format!(
            "the prefix '{taken}' means something else in XML; choose another one"
        )));
    }
    if schema.namespace.as_ref().is_some_and(|n| n.trim().is_empty() || n.contains(char::is_whitespace)) {
        return Err(refused("a namespace is an address without spaces, such as http://example.org/schema"));
    }
    let mut seen = HashSet::new();
    let columns: HashSet<&str> = layer.columns.iter().map(|c| c.name.as_str()).collect();
    for name in profile.geometry.iter().map(|g| g.name.as_str()) {
        if columns.contains(name) || !seen.insert(name) {
            return Err(refused(&format!("the name '{name}' of the geometry is taken by another property")));
        }
    }
    if let Some(unknown) = profile.required.iter().find(|name| !columns.contains(name.as_str())) {
        return Err(refused(&format!("the layer has no column '{unknown}' that could be required")));
    }
    let is_text = |name: &String| layer.columns.iter().any(|c| c.name == *name && c.kind == ColumnType::Text);
    if let Some(unknown) = profile.references.iter().find(|name| !is_text(name)) {
        return Err(refused(&format!(
            "the layer has no column '{unknown}' of text that could refer to things"
        )));
    }
    if profile.required.iter().any(|name| profile.references.contains(name)) {
        return Err(refused("a column that refers to something can't be required"));
    }
    let taken = "select exists (select from datasud.layer l join datasud.dataset d on d.id = l.dataset_id \
                 where d.organisation_id = (select organisation_id from datasud.dataset where id = $1) \
                   and l.slug <> $2 and ($3 = l.slug or $3 = l.gml ->> 'type')) as taken";
    let slug = layer.target.slug.as_str();
    if let Some(name) = &profile.type_name
        && field(&session.query_one(taken, &[&dataset_id, &slug, name]).await?, "taken")?
    {
        return Err(refused(&format!("another layer of this publisher is called '{name}' already")));
    }
    let update = "update datasud.layer set gml = $3, generation = nextval('datasud.generation') \
                  where dataset_id = $1 and slug = $2";
    session.execute(update, &[&dataset_id, &slug, &serde_json::json!(profile)]).await?;
    Ok(())
}

fn refused(message: &str) -> PublishError {
    PublishError::Option(message.to_owned())
}

/// A name without colon (Namespaces in XML 1.0), as far as letters go.
fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && name.len() <= 100
}
