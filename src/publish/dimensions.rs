//! Dimensions of layers: taken from a file, kept with the layer, and their values read from the data by an index.

use super::PublishError;
use super::load::field;
use crate::ingest::{Finding, IngestError, Loaded};
use crate::model::{
    Column, ColumnType, Coverage, DefaultPosition, Dimension, DimensionInfo, DimensionKind, DimensionValue,
    Domain, Layer,
};
use crate::store::{Ident, Session};
use serde::Deserialize;
use std::collections::HashSet;

/// Values that are read one by one: more make a range.
const MOST: i64 = 1_000;
/// Letters of a value; longer texts are none, and stay out of the index.
const LETTERS: usize = 200;
/// Dimensions of a layer: far more than any has.
const DIMENSIONS: usize = 10;

/// Reads a file of dimensions, in TOML.
///
/// # Errors
/// What is wrong, and where.
pub fn dimensions_of(text: &str) -> Result<Vec<DimensionInfo>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        dimension: Vec<DimensionInfo>,
    }
    toml::from_str::<File>(text).map(|file| file.dimension).map_err(|e| e.to_string())
}

/// Puts dimensions on the only layer of a dataset, where some are given, and sees to the indexes of those that its
/// layers have, in the transaction of the new data.
///
/// # Errors
/// [`PublishError::Option`] when a dimension can't be one, [`PublishError::Ingest`] when the new data have no attribute for
/// one that the layer has.
pub(super) async fn apply(
    session: &mut Session,
    dataset_id: i64,
    given: Option<&[DimensionInfo]>,
    loaded: &Loaded,
) -> Result<(), PublishError> {
    if let Some(infos) = given {
        let [layer] = loaded.layers.as_slice() else {
            return Err(refused("dimensions are given to one layer; choose it with --layer".to_owned()));
        };
        check(infos, &with_bands(&layer.columns, layer.coverage.as_ref()))?;
        if let Some(info) = infos.iter().find(|info| ends_in_bands(info, &layer.columns)) {
            let message = format!("dimension '{}': values of pixels have no beginning and end", info.name);
            return Err(refused(message));
        }
        let update = "update datasud.layer set dimensions = $3, generation = nextval('datasud.generation') \
                      where dataset_id = $1 and slug = $2";
        session.execute(update, &[&dataset_id, &layer.target.slug, &serde_json::json!(infos)]).await?;
    }
    index(session, dataset_id).await
}

/// Sees to the indexes of all dimensions of a dataset's layers.
///
/// # Errors
/// As [`apply`].
pub(super) async fn index(session: &mut Session, dataset_id: i64) -> Result<(), PublishError> {
    let layers = "select slug, table_name, columns, coverage, dimensions from datasud.layer \
                  where dataset_id = $1 and dimensions <> '[]'";
    for row in session.query(layers, &[&dataset_id]).await? {
        let (slug, table): (String, String) = (field(&row, "slug")?, field(&row, "table_name")?);
        let own: Vec<Column> = parsed(field(&row, "columns")?);
        let coverage: Option<serde_json::Value> = field(&row, "coverage")?;
        let coverage = coverage.and_then(|c| serde_json::from_value::<Coverage>(c).ok());
        let columns = with_bands(&own, coverage.as_ref());
        for info in parsed::<DimensionInfo>(field(&row, "dimensions")?) {
            check(std::slice::from_ref(&info), &columns).map_err(|error| {
                let message = format!(
                    "dimension '{}' of layer '{slug}' doesn't fit the new data: {error}; give new ones with \
                     --dimensions",
                    info.name
                );
                IngestError::Refused(vec![Finding::error("dimension-unfit", message).in_layer(&slug)])
            })?;
            for name in [Some(&info.column), info.end.as_ref()].into_iter().flatten() {
                // The values of bands are no values of rows.
                if own.iter().any(|c| c.name == *name) {
                    index_column(session, &table, name, &own).await?;
                }
            }
        }
    }
    Ok(())
}

/// What dimensions can be made of: attributes, and the bands of images.
fn with_bands(columns: &[Column], coverage: Option<&Coverage>) -> Vec<Column> {
    let bands = coverage.map(|c| c.bands.as_slice()).unwrap_or_default();
    let bands = bands.iter().map(|band| Column::new(&band.name, ColumnType::Real));
    // An attribute of the same name goes before.
    let bands: Vec<Column> = bands.filter(|b| columns.iter().all(|c| c.name != b.name)).collect();
    columns.iter().cloned().chain(bands).collect()
}

/// Whether a dimension with an end has a band for its beginning or end: pixels have one value.
fn ends_in_bands(info: &DimensionInfo, columns: &[Column]) -> bool {
    let is_own = |name: &String| columns.iter().any(|c| c.name == *name);
    info.end.as_ref().is_some_and(|end| !is_own(end) || !is_own(&info.column))
}

async fn index_column(
    session: &mut Session,
    table: &str,
    name: &str,
    columns: &[Column],
) -> Result<(), PublishError> {
    let table = Ident::data(table);
    let find = "select exists (select from pg_index i join pg_attribute a on a.attrelid = i.indrelid \
                and a.attnum = i.indkey[0] where i.indrelid = $1::text::regclass and a.attname = $2) as there";
    if field(&session.query_one(find, &[&table.to_string(), &name]).await?, "there")? {
        return Ok(());
    }
    let column = Ident::new(name);
    let short = short(name, columns).map(|short| format!(" where {short}")).unwrap_or_default();
    session.batch(&format!("create index on {table} ({column}){short}")).await?;
    Ok(())
}

/// The condition that keeps long texts out of an index; none for other columns.
fn short(name: &str, columns: &[Column]) -> Option<String> {
    let is_text = columns.iter().any(|c| c.name == name && c.kind == ColumnType::Text);
    is_text.then(|| format!("length({}) <= {LETTERS}", Ident::new(name)))
}

fn parsed<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Vec<T> {
    serde_json::from_value(value).unwrap_or_default()
}

/// Holds dimensions against the attributes of a layer.
fn check(infos: &[DimensionInfo], columns: &[Column]) -> Result<(), PublishError> {
    if infos.len() > DIMENSIONS {
        return Err(refused(format!("a layer has at most {DIMENSIONS} dimensions")));
    }
    let mut names = HashSet::new();
    for info in infos {
        let named = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 40;
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if !named(&info.name) || !info.name.chars().all(letters) {
            return Err(refused(format!(
                "'{}' can't be the name of a dimension: use a-z, 0-9, - and _, a letter first",
                info.name
            )));
        }
        if !names.insert(&info.name) {
            return Err(refused(format!("there are two dimensions of the name '{}'", info.name)));
        }
        check_column(info, columns)?;
    }
    Ok(())
}

fn check_column(info: &DimensionInfo, columns: &[Column]) -> Result<(), PublishError> {
    let column = |name: &str| {
        columns.iter().find(|c| c.name == name).ok_or_else(|| {
            let known: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            refused(format!("there is no attribute '{name}'; there are {}", known.join(", ")))
        })
    };
    let begin = column(&info.column)?;
    let kind = info.kind(begin).ok_or_else(|| {
        refused(format!(
            "attribute '{}' of type {} can't be dimension '{}' with units '{}'",
            info.column,
            begin.kind.sql(),
            info.name,
            info.units()
        ))
    })?;
    if let Some(end) = &info.end {
        let is_alike = column(end)?.kind == begin.kind;
        if !is_alike || matches!(kind, DimensionKind::Text | DimensionKind::Written) {
            return Err(refused(format!(
                "'{}' and '{end}' can't begin and end something: both are to be numbers, days or instants",
                info.column
            )));
        }
    }
    if let Some(values) = &info.values {
        Domain::parse(values, kind)
            .map_err(|item| refused(format!("'{item}' is not a value of dimension '{}'", info.name)))?;
    }
    if let DefaultPosition::Value(text) = &info.default
        && Domain::parse(text, kind).is_err()
    {
        return Err(refused(format!("the default '{text}' is not a value of dimension '{}'", info.name)));
    }
    Ok(())
}

fn refused(message: String) -> PublishError {
    PublishError::Option(message)
}

/// The dimensions of a layer with their values. One that doesn't fit is left out, with a line in the log: the layer is
/// shown without it.
///
/// # Errors
/// The database's.
pub(super) async fn read(
    session: &mut Session,
    layer: &Layer,
    stored: serde_json::Value,
) -> Result<Vec<Dimension>, PublishError> {
    let mut dimensions = Vec::new();
    let columns = with_bands(&layer.columns, layer.coverage.as_deref());
    for info in parsed::<DimensionInfo>(stored) {
        let column = columns.iter().find(|c| c.name == info.column);
        let kind = column.and_then(|column| info.kind(column));
        let fits = check_column(&info, &columns).is_ok() && !ends_in_bands(&info, &layer.columns);
        let Some(kind) = kind.filter(|_| fits) else {
            tracing::warn!(layer = layer.slug, dimension = info.name, "the dimension doesn't fit its layer");
            continue;
        };
        let found = match &info.end {
            Some(end) => ends(session, layer, &info.column, end, kind).await?,
            None if layer.column(&info.column).is_none() => of_band(layer, &info.column, kind),
            None => values(session, layer, &info.column, kind).await?,
        };
        let written = match (&found, kind) {
            (Domain::List(values), DimensionKind::Written) => values.clone(),
            (Domain::Range(..), DimensionKind::Written) => {
                tracing::warn!(layer = layer.slug, dimension = info.name, "too many dates written as text");
                continue;
            }
            _ => Vec::new(),
        };
        let declared = info.values.as_deref().and_then(|text| Domain::parse(text, kind).ok());
        dimensions.push(Dimension { domain: declared.unwrap_or(found), kind, written, info });
    }
    Ok(dimensions)
}

/// From the least value of a band to the greatest.
fn of_band(layer: &Layer, name: &str, kind: DimensionKind) -> Domain {
    let band = layer.coverage.as_deref().and_then(|c| c.bands.iter().find(|b| b.name == name));
    let value = |number: f64| DimensionValue::parse(&number.to_string(), kind);
    match band.and_then(|band| value(band.min).zip(value(band.max))) {
        Some((least, greatest)) => Domain::Range(least, greatest),
        None => Domain::Empty,
    }
}

/// What a column holds, as text that is read back.
fn as_text(value: &str, kind: DimensionKind) -> String {
    match kind {
        DimensionKind::Date => format!("to_char({value}, 'YYYY-MM-DD')"),
        DimensionKind::Timestamp => {
            format!("to_char({value} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
        _ => format!("{value}::text"),
    }
}

/// The different values of a column, hopping along its index from one to the next.
async fn values(
    session: &mut Session,
    layer: &Layer,
    column: &str,
    kind: DimensionKind,
) -> Result<Domain, PublishError> {
    let table = Ident::data(&layer.table);
    let name = Ident::new(column);
    let short = short(column, &layer.columns).map(|short| format!(" and {short}")).unwrap_or_default();
    let text = as_text("value", kind);
    let hop = format!(
        "with recursive hop as ((select {name} as value from {table} where {name} is not null{short} \
         order by {name} limit 1) union all select (select {name} from {table} where {name} > hop.value{short} \
         order by {name} limit 1) from hop where hop.value is not null) \
         select {text} as text from hop where value is not null limit {}",
        MOST + 1
    );
    let mut values = Vec::new();
    for row in session.query(&hop, &[]).await? {
        values.extend(field::<Option<String>>(&row, "text")?.and_then(|t| DimensionValue::stored(&t, kind)));
    }
    if values.len() > MOST as usize {
        let text = as_text(&format!("max({name})"), kind);
        let last = session.query_one(&format!("select {text} as text from {table}"), &[]).await?;
        let last: Option<String> = field(&last, "text")?;
        values.extend(last.and_then(|text| DimensionValue::stored(&text, kind)));
    }
    Ok(Domain::of(values))
}

/// From the first beginning to the last end.
async fn ends(
    session: &mut Session,
    layer: &Layer,
    column: &str,
    end: &str,
    kind: DimensionKind,
) -> Result<Domain, PublishError> {
    let table = Ident::data(&layer.table);
    let (begin, end) = (Ident::new(column), Ident::new(end));
    let least = as_text(&format!("(select min({begin}) from {table})"), kind);
    let greatest = format!("greatest((select max({begin}) from {table}), (select max({end}) from {table}))");
    let sql = format!("select {least} as first, {} as last", as_text(&greatest, kind));
    let row = session.query_one(&sql, &[]).await?;
    let text = |name: &str| field::<Option<String>>(&row, name);
    let value = |text: Option<String>| text.and_then(|text| DimensionValue::stored(&text, kind));
    Ok(match (value(text("first")?), value(text("last")?)) {
        (Some(first), Some(last)) => Domain::Range(first, last),
        _ => Domain::Empty,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_dimensions_and_what_is_wrong_is_told() {
        let infos = dimensions_of(
            "[[dimension]]\nname = \"time\"\ncolumn = \"jour\"\n[[dimension]]\nname = \"elevation\"\n\
             column = \"alt\"\nmultiple = false\nnearest = true\ndefault = \"500\"\nunit-symbol = \"m\"\n",
        )
        .expect("read");
        let columns = [Column::new("jour", ColumnType::Date), Column::new("alt", ColumnType::Real)];
        check(&infos, &columns).expect("fitting");
        assert_eq!(infos[0].default, DefaultPosition::Last);
        assert_eq!(infos[1].default, DefaultPosition::Value("500".to_owned()));
        let refusal = |text: &str| match dimensions_of(text) {
            Ok(infos) => check(&infos, &columns).expect_err(text).to_string(),
            Err(message) => message,
        };
        for (text, word) in [
            ("name = 'time'\ncolumn = 'heure'", "jour, alt"),
            ("name = 'Time'\ncolumn = 'jour'", "a letter first"),
            ("name = 'time'\ncolumn = 'alt'", "double precision"),
            ("name = 'hauteur'\ncolumn = 'jour'", "'hauteur'"),
            ("name = 'time'\ncolumn = 'jour'\nend = 'alt'", "begin and end"),
            ("name = 'time'\ncolumn = 'jour'\nvalues = '2024,hier'", "'hier'"),
            ("name = 'time'\ncolumn = 'jour'\ndefault = 'hier'", "'hier'"),
            ("name = 'time'\ncolumn = 'jour'\ncouleur = 1", "couleur"),
            ("name = 'time'", "column"),
            ("name = 'a'\ncolumn = 'alt'\n[[dimension]]\nname = 'a'\ncolumn = 'alt'", "two dimensions"),
        ] {
            let message = refusal(&format!("[[dimension]]\n{text}"));
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
