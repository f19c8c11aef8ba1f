//! Coordinate reference systems in the notations that files carry.

use super::output::BuildError;
use crate::geo::Crs;
use gdal::spatial_ref::SpatialRef;

/// The notations of a system.
pub(super) struct Notations(SpatialRef);

impl Notations {
    /// Looks a system up.
    ///
    /// # Errors
    /// [`BuildError::Library`] when GDAL doesn't know the code that PROJ knows.
    pub(super) fn of(crs: &Crs) -> Result<Self, BuildError> {
        let code = u32::try_from(crs.srid).unwrap_or(0);
        SpatialRef::from_epsg(code).map(Self).map_err(|e| library(&e))
    }

    /// ESRI's dialect of WKT 1, for `.prj` files.
    pub(super) fn esri(&self) -> Result<String, BuildError> {
        let copy = self.0.clone();
        copy.morph_to_esri().map_err(|e| library(&e))?;
        copy.to_wkt().map_err(|e| library(&e))
    }

    /// WKT 1, which every reader knows.
    pub(super) fn wkt(&self) -> Result<String, BuildError> {
        self.0.to_wkt().map_err(|e| library(&e))
    }

    /// PROJJSON 0.5 or later.
    pub(super) fn projjson(&self) -> Result<serde_json::Value, BuildError> {
        let text = self.0.to_projjson().map_err(|e| library(&e))?;
        serde_json::from_str(&text).map_err(|e| BuildError::Library(e.to_string()))
    }
}

fn library(error: &gdal::errors::GdalError) -> BuildError {
    BuildError::Library(error.to_string())
}
