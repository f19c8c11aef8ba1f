//! Styles of a layer that is published: put in their place, and removed.

use super::error::PublishError;
use super::load::field;
use super::write;
use crate::model::{Layer, Slug};
use crate::store::{Session, Store};

/// Styles of one layer: far more than anybody looks through.
const MOST: i64 = 100;

/// What became of a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restyled {
    /// Whether there was none of this name before.
    pub is_new: bool,
    /// The layer's generation from now on.
    pub generation: i64,
}

/// Why a style is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestyleError {
    /// The layer was removed meanwhile.
    #[error("layer '{0}' is not there any more")]
    LayerGone(String),
    /// There is no such style.
    #[error("layer '{layer}' has no style '{style}'")]
    Unknown {
        /// Slug of the layer.
        layer: String,
        /// Name given.
        style: String,
    },
    /// A layer always has one.
    #[error("style '{0}' is the default of its layer, which must have one; replace it instead")]
    Default(String),
    /// As many as may be.
    #[error("a layer has at most {MOST} styles; remove one first")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl From<crate::store::StoreError> for RestyleError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Publish(error.into())
    }
}

/// A style to be put in its place. It fits its layer.
#[derive(Clone, Copy, Debug)]
pub struct NewStyle<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// Name among the styles of the layer.
    pub name: &'a Slug,
    /// Title for people.
    pub title: &'a str,
    /// The style itself, in SLD.
    pub sld: &'a str,
    /// Whether it becomes the layer's default; otherwise it is that only in the place of one that was.
    pub is_default: bool,
}

/// Puts styles in the place of those of their names, or beside the others; with `alone`, all other styles of their
/// layers are removed. Each gets a new key, so that no picture of an earlier one is taken for its own.
///
/// # Errors
/// [`RestyleError`]; nothing has changed then.
pub async fn put_styles(
    store: &Store,
    styles: &[NewStyle<'_>],
    alone: bool,
) -> Result<Vec<Restyled>, RestyleError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    let mut layers: Vec<&Layer> = styles.iter().map(|style| style.layer).collect();
    // Always in the same order, so that two changes never wait for each other.
    layers.sort_by_key(|layer| layer.id);
    layers.dedup_by_key(|layer| layer.id);
    let mut generations = Vec::new();
    for layer in layers {
        lock(session, layer).await?;
        if alone {
            let names: Vec<String> =
                styles.iter().filter(|s| s.layer.id == layer.id).map(|s| s.name.to_string()).collect();
            let remove = "delete from datasud.style where layer_id = $1 and not (name = any($2))";
            session.execute(remove, &[&layer.id, &names]).await?;
        }
        generations.push((layer.id, raise(session, layer).await?));
    }
    let mut done = Vec::new();
    for style in styles {
        let is_new = put(session, style).await?;
        let generation = generations.iter().find(|(id, _)| *id == style.layer.id).map_or(0, |(_, g)| *g);
        done.push(Restyled { is_new, generation });
    }
    transaction.commit().await?;
    Ok(done)
}

/// Puts one style in its place; answers whether there was none of its name before.
async fn put(session: &mut Session, style: &NewStyle<'_>) -> Result<bool, RestyleError> {
    let (layer, name) = (style.layer.id, style.name.to_string());
    let replace = "delete from datasud.style where layer_id = $1 and name = $2 returning is_default";
    let before = session.query_opt(replace, &[&layer, &name]).await?;
    let count = "select count(*) as styles, coalesce(bool_or(is_default), false) as has_default \
                 from datasud.style where layer_id = $1";
    let others = session.query_one(count, &[&layer]).await?;
    let (styles, has_default): (i64, bool) = (field(&others, "styles")?, field(&others, "has_default")?);
    if before.is_none() && styles >= MOST {
        return Err(RestyleError::TooMany);
    }
    if style.is_default && has_default {
        let others = "update datasud.style set is_default = false where layer_id = $1 and is_default";
        session.execute(others, &[&layer]).await?;
    }
    // A layer always has a default: one that takes its place, or the first.
    let is_default = style.is_default || !has_default;
    let insert =
        "insert into datasud.style (layer_id, name, title, sld, is_default) values ($1, $2, $3, $4, $5)";
    session.execute(insert, &[&layer, &name, &style.title, &style.sld, &is_default]).await?;
    Ok(before.is_none())
}

/// Removes a style that is not the default.
///
/// # Errors
/// [`RestyleError`]; nothing has changed then.
pub async fn delete_style(store: &Store, layer: &Layer, name: &str) -> Result<Restyled, RestyleError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    lock(session, layer).await?;
    let remove = "delete from datasud.style where layer_id = $1 and name = $2 returning is_default";
    let style = || name.chars().take(80).collect::<String>();
    let Some(row) = session.query_opt(remove, &[&layer.id, &name]).await? else {
        return Err(RestyleError::Unknown { layer: layer.slug.clone(), style: style() });
    };
    if field(&row, "is_default")? {
        return Err(RestyleError::Default(style()));
    }
    let generation = raise(session, layer).await?;
    transaction.commit().await?;
    Ok(Restyled { is_new: false, generation })
}

/// Holds the layer, so that changes of its styles follow each other.
async fn lock(session: &mut Session, layer: &Layer) -> Result<(), RestyleError> {
    write::limit_waiting(session).await?;
    let find = "select from datasud.layer where id = $1 for no key update";
    match session.query_opt(find, &[&layer.id]).await? {
        Some(_) => Ok(()),
        None => Err(RestyleError::LayerGone(layer.slug.clone())),
    }
}

/// Makes answers that were made before those of an earlier generation, and tells every node.
async fn raise(session: &mut Session, layer: &Layer) -> Result<i64, RestyleError> {
    let raise = "update datasud.layer set generation = nextval('datasud.generation') \
                 where id = $1 returning generation";
    let generation = field(&session.query_one(raise, &[&layer.id]).await?, "generation")?;
    write::announce(session).await?;
    Ok(generation)
}
