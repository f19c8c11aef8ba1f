//! What tiles are written as.

use super::cache::{self, Body, Encoding};
use super::content::TileLayer;
use super::engine::{TileEngine, TileError, off_thread};
use super::geojson;
use crate::formats::mvt;
use crate::geo::grid::Tile;
use crate::store::Deadline;
use bytes::Bytes;
use std::sync::Arc;

/// A form of vector tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileForm {
    /// Mapbox Vector Tile 2.1.
    Mvt,
    /// GeoJSON (RFC 7946), to look into a tile.
    GeoJson,
}

impl TileForm {
    /// All of them, the usual one first.
    pub const ALL: [Self; 2] = [Self::Mvt, Self::GeoJson];

    /// Its name: the end of addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mvt => "mvt",
            Self::GeoJson => "geojson",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mvt => "application/vnd.mapbox-vector-tile",
            Self::GeoJson => "application/geo+json",
        }
    }

    /// The form of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "pbf" => Some(Self::Mvt),
            _ => Self::ALL.into_iter().find(|form| form.name() == name),
        }
    }

    /// The first form that an `Accept` header names.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| {
            let wanted = part.split(';').next().unwrap_or_default().trim();
            Self::ALL.into_iter().find(|form| form.media_type().eq_ignore_ascii_case(wanted))
        })
    }

    /// What names the state of a tile in this form.
    #[must_use]
    pub fn etag(self, tile: &str) -> String {
        match self {
            Self::Mvt => tile.to_owned(),
            _ => format!("{}-{}\"", tile.trim_end_matches('"'), self.name()),
        }
    }
}

impl TileEngine {
    /// The tile of these layers in a form. Other forms than the usual one are made of its bytes, and so of the same
    /// content: clipped, snapped and thinned in the same way.
    ///
    /// # Errors
    /// As [`TileEngine::tile`], and [`TileError::Form`].
    pub async fn written(
        &self,
        form: TileForm,
        layers: &[TileLayer],
        tile: Tile,
        encoding: Encoding,
        deadline: Deadline,
    ) -> Result<Body, Arc<TileError>> {
        if form == TileForm::Mvt {
            return self.tile(layers, tile, encoding, deadline).await;
        }
        let body = self.tile(layers, tile, Encoding::Identity, deadline).await?;
        let made = off_thread(move || {
            let plain: Bytes = match form {
                TileForm::Mvt => body.bytes,
                TileForm::GeoJson => geojson::collection(&mvt::read(&body.bytes), tile)?.into(),
            };
            Ok(match encoding {
                Encoding::Identity => Body { bytes: plain, encoding },
                Encoding::Gzip => cache::compress(&plain),
            })
        });
        made.await.and_then(|made| made).map_err(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_known_by_name_and_media_type_and_have_states_of_their_own() {
        for form in TileForm::ALL {
            assert_eq!(TileForm::named(form.name()), Some(form));
            assert_eq!(TileForm::accepted(&format!("text/html, {};q=0.9", form.media_type())), Some(form));
        }
        assert_eq!((TileForm::named("pbf"), TileForm::named("png")), (Some(TileForm::Mvt), None));
        assert_eq!(TileForm::accepted("*/*"), None);
        assert_eq!(TileForm::Mvt.etag("W/\"0a\""), "W/\"0a\"");
        assert_eq!(TileForm::GeoJson.etag("W/\"0a\""), "W/\"0a-geojson\"");
    }
}
