//! Names that a publication gets when nobody chose them.

use crate::model::{Slug, slugify};
use std::path::Path;

/// Prefixes that our own answers bind to the standards' namespaces.
const RESERVED_PREFIXES: [&str; 17] = [
    "csw", "dc", "dct", "fes", "gco", "gmd", "gml", "ogc", "ows", "se", "sld", "wfs", "wms", "xlink", "xs",
    "xsd", "xsi",
];

/// Name of a file without its folder and extensions: `communes` of `a/communes.shp.zip`.
pub(super) fn stem(file: &Path) -> String {
    const KNOWN: [&str; 13] = [
        "zip", "shp", "tif", "tiff", "jp2", "asc", "geojson", "geojsonl", "geojsons", "ndjson", "json",
        "gpkg", "gz",
    ];
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut rest = name.as_str();
    while let Some((before, extension)) = rest.rsplit_once('.') {
        if before.is_empty() || !KNOWN.contains(&extension.to_ascii_lowercase().as_str()) {
            break;
        }
        rest = before;
    }
    rest.to_owned()
}

/// What several files have in common at the beginning of their names, else the first one's name:
/// `communes` of `communes-04.geojson` and `communes-05.geojson`.
pub(super) fn common_stem(files: &[impl AsRef<Path>]) -> String {
    let stems: Vec<String> = files.iter().map(|f| stem(f.as_ref())).collect();
    let Some(first) = stems.first() else { return String::new() };
    let mut shared = first.as_str();
    for other in &stems {
        let same = shared.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
        let end = same.map_or(shared.len().min(other.len()), |((at, _), _)| at);
        shared = shared.get(..end).unwrap_or_default();
    }
    let shared = if stems.len() > 1 {
        shared.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_', ' ', '.'])
    } else {
        shared
    };
    if shared.chars().count() < 3 { first.clone() } else { shared.to_owned() }
}

/// A title for people made of a file's or layer's name: `Zones inondables` of `zones_inondables`.
pub(super) fn title_of(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Layer".to_owned(),
    }
}

/// Whether a prefix means something else in XML.
pub(super) fn is_of_a_standard(prefix: &str) -> bool {
    prefix.to_ascii_lowercase().starts_with("xml") || RESERVED_PREFIXES.contains(&prefix)
}

/// XML namespace prefix of an organisation: its slug, unless that means something else in XML.
pub(super) fn prefix_of(organisation: &Slug) -> String {
    let slug = organisation.as_str();
    if is_of_a_standard(slug) { format!("org-{slug}") } else { slug.to_owned() }
}

/// A layer's second choice of name, when another dataset has the first.
pub(super) fn qualified(dataset: &Slug, layer: &Slug) -> Slug {
    slugify(&format!("{dataset}-{layer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_go_and_dots_in_the_name_stay() {
        assert_eq!(stem(Path::new("/a/communes.shp.zip")), "communes");
        assert_eq!(stem(Path::new("Zones.v2.GeoJSON")), "Zones.v2");
        assert_eq!(stem(Path::new(".zip")), ".zip");
        assert_eq!(stem(Path::new("dossier/")), "dossier");
    }

    #[test]
    fn several_files_are_named_by_what_they_share() {
        assert_eq!(common_stem(&["communes-04.geojson", "communes-05.geojson"]), "communes");
        assert_eq!(common_stem(&["routes.zip", "ponts.zip"]), "routes");
        assert_eq!(common_stem(&["communes-04.geojson"]), "communes-04");
        assert_eq!(common_stem(&["écoles.zip", "école.zip"]), "école");
    }

    #[test]
    fn names_become_titles() {
        assert_eq!(title_of("zones_inondables-2024"), "Zones inondables 2024");
        assert_eq!(title_of("élus"), "Élus");
        assert_eq!(title_of("__"), "Layer");
    }

    #[test]
    fn a_prefix_never_takes_a_standards_one() {
        assert_eq!(prefix_of(&slugify("gml")), "org-gml");
        assert_eq!(prefix_of(&slugify("XML Corp")), "org-xml-corp");
        assert_eq!(prefix_of(&slugify("crige")), "crige");
    }
}
