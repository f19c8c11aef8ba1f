//! The common shape of formats that are written feature by feature.

use crate::geo::wkb::WkbError;
use crate::model::FeatureRef;

/// Why a feature can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Its stored geometry can't be read.
    #[error("the geometry of feature {fid} can't be read: {cause}")]
    Geometry {
        /// Feature.
        fid: i64,
        /// What is wrong with it.
        cause: WkbError,
    },
}

/// Writes a collection: head, features, tail. Callers drain `out` between the calls.
pub trait FeatureEncoder: Send {
    /// Media type of the answer.
    fn content_type(&self) -> &'static str;

    /// Ending of a file's name, without the dot.
    fn file_extension(&self) -> &'static str;

    /// What stands before the first feature.
    fn head(&mut self, out: &mut Vec<u8>);

    /// One feature.
    ///
    /// # Errors
    /// [`EncodeError`]; `out` then ends where it did before the call.
    fn feature(&mut self, feature: FeatureRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// What stands after the last feature.
    fn tail(&mut self, out: &mut Vec<u8>);
}
