//! Identifiers of inserted features.

use super::error::excerpt;
use super::model::NewFeature;
use crate::model::Layer;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::plan;
use crate::services::wfs::version::Version;
use roxmltree::Node;

/// Which identifier an inserted feature gets (OGC 04-094 clause 12.2.4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IdRule {
    /// A new one.
    GenerateNew,
    /// Its own, which must be free.
    UseExisting,
    /// Its own; a feature that has it is replaced.
    ReplaceDuplicate,
}

impl IdRule {
    /// What an Insert asks for.
    ///
    /// # Errors
    /// [`WfsError`] when it is none of these rules.
    pub fn of(node: Node<'_, '_>, locator: &str, version: Version) -> Result<Self, WfsError> {
        match node.attribute("idgen").filter(|_| version == Version::V110) {
            None | Some("GenerateNew") => Ok(Self::GenerateNew),
            Some("UseExisting") => Ok(Self::UseExisting),
            Some("ReplaceDuplicate") => Ok(Self::ReplaceDuplicate),
            Some(other) => {
                let message = format!(
                    "idgen is GenerateNew, UseExisting or ReplaceDuplicate, not '{}'",
                    excerpt(other)
                );
                Err(WfsError::invalid(locator, message))
            }
        }
    }

    /// Gives a feature its identifier where the client chooses it.
    ///
    /// # Errors
    /// [`WfsError`] when what it brings is no identifier of the layer's.
    pub fn apply(
        self,
        layer: &Layer,
        feature: &mut NewFeature,
        locator: &str,
        position: usize,
    ) -> Result<(), WfsError> {
        if self == Self::GenerateNew {
            return Ok(());
        }
        let id = feature.id.as_deref();
        let fid = id.and_then(plan::split_id).filter(|(slug, fid)| *slug == layer.slug && *fid > 0);
        let Some((_, fid)) = fid else {
            let message = format!(
                "feature {position} can't keep its identifier '{}'; identifiers of this type look like {}.1",
                excerpt(id.unwrap_or_default()),
                layer.slug
            );
            return Err(WfsError::invalid(locator, message));
        };
        feature.fid = Some(fid);
        feature.replace = self == Self::ReplaceDuplicate;
        Ok(())
    }
}
