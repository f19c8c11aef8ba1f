//! Which slug each layer of a publication gets.

use super::names::qualified;
use crate::ingest::{Finding, Level, SourceLayer, Target};
use crate::model::{Slug, slugify};
use std::collections::{HashMap, HashSet};

/// Gives slugs to layers in the order in which they are read.
pub(super) struct Namer {
    /// The dataset's slug.
    pub(super) dataset: Slug,
    /// Slug that the producer chose for the only layer.
    pub(super) chosen: Option<Slug>,
    /// Slug of the only layer of the version being replaced: a new file name doesn't rename it.
    pub(super) only: Option<Slug>,
    /// Layer slugs of other datasets in small letters, with the dataset's slug.
    pub(super) taken: HashMap<String, String>,
    /// Makes table names unique on the platform.
    pub(super) serial: i64,
    /// Layers so far.
    pub(super) sources: Vec<SourceLayer>,
}

impl Namer {
    /// The place of the next layer.
    ///
    /// # Errors
    /// A refusal when its name belongs to another dataset and so does its second choice, or when one
    /// name was chosen for several layers.
    pub(super) fn place(&mut self, source: &SourceLayer) -> Result<Target, Finding> {
        self.sources.push(source.clone());
        if let (Some(chosen), [first, .., last]) = (&self.chosen, self.sources.as_slice()) {
            return Err(Finding::error(
                "several-layers",
                format!(
                    "no layer is named '{chosen}', and there are several ('{}', '{}'…); give the name of one of them, or leave --layer out to publish all",
                    first.name, last.name
                ),
            ));
        }
        let (slugs, _) = self.assign()?;
        let slug = slugs.last().cloned().unwrap_or_else(|| slugify(&source.name));
        // '@' is in no slug: a table can't take the name of another layer's view.
        let short: String = slug.as_str().chars().take(36).collect();
        let table = format!("{short}@{}-{}", self.serial, self.sources.len());
        Ok(Target { table, slug: slug.as_str().to_owned() })
    }

    /// The slugs of all layers seen so far, with what should be said about them.
    ///
    /// # Errors
    /// As [`Namer::place`].
    pub(super) fn assign(&self) -> Result<(Vec<Slug>, Vec<Finding>), Finding> {
        let single = self.sources.len() == 1;
        let mut given: HashSet<String> = HashSet::new();
        let mut slugs = Vec::with_capacity(self.sources.len());
        let mut notes = Vec::new();
        for source in &self.sources {
            let fixed = if single { self.fixed() } else { None };
            let wanted = fixed.unwrap_or_else(|| slugify(&source.name));
            let slug = self.free(&wanted, source, &given, &mut notes)?;
            given.insert(slug.folded());
            slugs.push(slug);
        }
        Ok((slugs, notes))
    }

    /// The name of the only layer, where it doesn't hang on the file's. Replacing a layer doesn't change the
    /// case of its name, however it is spelled this time.
    fn fixed(&self) -> Option<Slug> {
        match (&self.chosen, &self.only) {
            (Some(chosen), Some(only)) if chosen.folded() == only.folded() => Some(only.clone()),
            (chosen, only) => chosen.clone().or_else(|| only.clone()),
        }
    }

    fn free(
        &self,
        wanted: &Slug,
        source: &SourceLayer,
        given: &HashSet<String>,
        notes: &mut Vec<Finding>,
    ) -> Result<Slug, Finding> {
        let is_free = |slug: &Slug| {
            let name = slug.folded();
            !self.taken.contains_key(&name) && !given.contains(&name)
        };
        if is_free(wanted) {
            return Ok(wanted.clone());
        }
        if let Some(owner) = self.taken.get(&wanted.folded()) {
            let second = qualified(&self.dataset, wanted);
            if self.chosen.is_some() || !is_free(&second) {
                return Err(Finding::error(
                    "layer-name-in-use",
                    format!(
                        "dataset '{owner}' already has a layer named '{wanted}'; give this one another name with --layer NAME"
                    ),
                )
                .in_layer(&source.name));
            }
            notes.push(
                Finding::new(
                    Level::Info,
                    "layer-renamed",
                    format!("the layer is published as '{second}', because dataset '{owner}' already has a layer named '{wanted}'"),
                )
                .in_layer(second.as_str()),
            );
            return Ok(second);
        }
        // Two layers of this publication have one name: the files keep their order, so numbers stay.
        let numbered = (2..10_000).map(|n| numbered(wanted, n)).find(is_free);
        let Some(second) = numbered else {
            return Err(Finding::error("layer-name-in-use", format!("too many layers are named '{wanted}'"))
                .in_layer(&source.name));
        };
        notes.push(
            Finding::new(
                Level::Info,
                "layer-renamed",
                format!(
                    "layer '{}' of '{}' is published as '{second}', because another one here is named '{wanted}'",
                    source.name, source.file
                ),
            )
            .in_layer(second.as_str()),
        );
        Ok(second)
    }
}

fn numbered(slug: &Slug, n: u32) -> Slug {
    let short: String = slug.as_str().chars().take(44).collect();
    slugify(&format!("{short}-{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> SourceLayer {
        SourceLayer { name: name.into(), title: name.into(), file: format!("{name}.zip") }
    }

    fn namer() -> Namer {
        Namer {
            dataset: slugify("zones"),
            chosen: None,
            only: None,
            taken: HashMap::from([("communes".to_owned(), "base".to_owned())]),
            serial: 7,
            sources: Vec::new(),
        }
    }

    fn slugs(namer: &Namer) -> Vec<String> {
        namer.assign().map(|(s, _)| s.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn a_name_of_another_dataset_is_qualified_and_said() {
        let mut namer = namer();
        let target = namer.place(&source("Communes")).expect("placed");
        assert_eq!((target.slug.as_str(), target.table.as_str()), ("zones-communes", "zones-communes@7-1"));
        assert_eq!(namer.assign().expect("assigned").1[0].code, "layer-renamed");
    }

    #[test]
    fn a_chosen_name_is_never_changed_silently() {
        let mut namer = Namer { chosen: Some(slugify("communes")), ..namer() };
        assert_eq!(namer.place(&source("x")).expect_err("taken").code, "layer-name-in-use");
        let mut namer = Namer { chosen: Some(slugify("autre")), taken: HashMap::new(), ..namer };
        namer.sources.clear();
        assert_eq!(namer.place(&source("x")).expect("placed").slug, "autre");
        assert_eq!(namer.place(&source("y")).expect_err("two layers").code, "several-layers");
    }

    #[test]
    fn the_only_layer_keeps_its_name_whatever_the_file_is_called() {
        let mut namer = Namer { only: Some(slugify("routes")), ..namer() };
        assert_eq!(namer.place(&source("routes-2027")).expect("placed").slug, "routes");
        // A second layer shows that names count after all.
        namer.place(&source("routes")).expect("placed");
        assert_eq!(slugs(&namer), ["routes-2027", "routes"]);
    }

    #[test]
    fn a_chosen_name_keeps_its_spelling_and_a_known_layer_its_own() {
        let spelled = |text: &str| Slug::spelled(text).ok();
        let mut new = Namer { chosen: spelled("RoadSegments"), ..namer() };
        assert_eq!(new.place(&source("RoadSegments")).expect("placed").slug, "RoadSegments");
        let mut known = Namer { chosen: spelled("ROUTES"), only: spelled("Routes"), ..namer() };
        assert_eq!(known.place(&source("ROUTES")).expect("placed").slug, "Routes");
        let mut taken = Namer { chosen: spelled("Communes"), ..namer() };
        assert_eq!(taken.place(&source("x")).expect_err("taken").code, "layer-name-in-use");
    }

    #[test]
    fn layers_of_one_name_are_numbered_in_order() {
        let mut namer = namer();
        for _ in 0..3 {
            namer.place(&source("ponts")).expect("placed");
        }
        assert_eq!(slugs(&namer), ["ponts", "ponts-2", "ponts-3"]);
    }
}
