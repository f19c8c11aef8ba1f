//! What a request means before anything is read: names, options, style.

use super::names::{common_stem, title_of};
use super::{PublishError, Request};
use crate::config::Config;
use crate::geo::CrsRef;
use crate::ingest::ReadOptions;
use crate::model::{Slug, slugify};
use crate::style;
use std::path::PathBuf;

/// A request whose options make sense.
pub(super) struct Plan {
    /// Slug of the dataset.
    pub(super) slug: Slug,
    /// Title for a dataset that doesn't exist yet.
    pub(super) title: String,
    /// The title that was given.
    pub(super) given_title: Option<String>,
    /// Slug and title of the organisation that was named.
    pub(super) organisation: Option<(Slug, String)>,
    /// The organisation of a new dataset when none was named.
    pub(super) default_organisation: (Slug, String),
    /// For the reader.
    pub(super) options: ReadOptions,
}

impl Plan {
    /// Checks everything that needs neither the files nor the database.
    ///
    /// # Errors
    /// [`PublishError::Option`] or [`PublishError::Style`].
    pub(super) fn of(
        request: &Request,
        config: &Config,
        reader: Option<PathBuf>,
    ) -> Result<Self, PublishError> {
        if request.files.is_empty() {
            return Err(PublishError::Option("no file was given; name at least one".to_owned()));
        }
        let stem = common_stem(&request.files);
        let given = request.title.as_deref().map(str::trim).filter(|t| !t.is_empty());
        let slug = request.dataset.clone().unwrap_or_else(|| slugify(given.unwrap_or(&stem)));
        let title = given.map_or_else(|| title_of(&stem), str::to_owned);
        let crs = match &request.crs {
            Some(text) => {
                let code = if text.trim().bytes().all(|b| b.is_ascii_digit()) {
                    format!("EPSG:{}", text.trim())
                } else {
                    text.clone()
                };
                Some(CrsRef::parse(&code).map_err(|e| PublishError::Option(format!("--crs: {e}")))?.crs)
            }
            None => None,
        };
        if let Some(text) = &request.style {
            style::read(text, None).map_err(PublishError::Style)?;
        }
        let named = |text: &str| (slugify(text), text.trim().to_owned());
        Ok(Self {
            slug,
            title,
            given_title: given.map(str::to_owned),
            organisation: request.organisation.as_deref().filter(|o| !o.trim().is_empty()).map(named),
            default_organisation: named(&config.title),
            options: ReadOptions { layers: Vec::new(), crs, encoding: request.encoding.clone(), reader },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(request: &Request) -> Result<Plan, PublishError> {
        Plan::of(request, &Config::default(), None)
    }

    #[test]
    fn names_come_from_the_option_then_the_title_then_the_file() {
        let mut request = Request { files: vec!["a/ZICAD_2024.zip".into()], ..Request::default() };
        let names = |r: &Request| plan(r).map(|p| (p.slug.to_string(), p.title)).expect("plan");
        assert_eq!(names(&request), ("zicad_2024".into(), "ZICAD 2024".into()));
        request.title = Some("Zones d'été".into());
        assert_eq!(names(&request), ("zones-d-ete".into(), "Zones d'été".into()));
        request.dataset = Some(slugify("zz"));
        assert_eq!(names(&request), ("zz".into(), "Zones d'été".into()));
    }

    #[test]
    fn an_unknown_crs_and_a_broken_style_are_refused_before_anything_is_read() {
        let request = Request { files: vec!["a.zip".into()], ..Request::default() };
        for crs in ["EPSG:999999", "lambert", "4326x", ""] {
            let request = Request { crs: Some(crs.into()), ..request.clone() };
            assert!(
                matches!(plan(&request), Err(PublishError::Option(m)) if m.starts_with("--crs: ")),
                "{crs}"
            );
        }
        assert!(plan(&Request { crs: Some("2154".into()), ..request.clone() }).is_ok());
        let broken = Request { style: Some("<StyledLayerDescriptor>\n<a></b>".into()), ..request };
        assert!(matches!(plan(&broken), Err(PublishError::Style(e)) if e.line == 2));
    }
}
