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

/// Puts a style, which fits the layer, in the place of the one of its name, or beside the others. It gets a new key,
/// so that no picture of the earlier one is taken for its own.
///
/// # Errors
/// [`RestyleError`]; nothing has changed then.
pub async fn put_style(
    store: &Store,
    layer: &Layer,
    name: &Slug,
    title: &str,
    sld: &str,
) -> Result<Restyled, RestyleError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    lock(session, layer).await?;
    let name = name.to_string();
    let replace = "delete from datasud.style where layer_id = $1 and name = $2 returning is_default";
    let before = session.query_opt(replace, &[&layer.id, &name]).await?;
    let is_default: bool = match &before {
        Some(row) => field(row, "is_default")?,
        None => {
            let count = "select count(*) as styles from datasud.style where layer_id = $1";
            let styles: i64 = field(&session.query_one(count, &[&layer.id]).await?, "styles")?;
            if styles >= MOST {
                return Err(RestyleError::TooMany);
            }
            styles == 0
        }
    };
    let insert =
        "insert into datasud.style (layer_id, name, title, sld, is_default) values ($1, $2, $3, $4, $5)";
    session.execute(insert, &[&layer.id, &name, &title, &sld, &is_default]).await?;
    let generation = raise(session, layer).await?;
    transaction.commit().await?;
    Ok(Restyled { is_new: before.is_none(), generation })
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
