//! The forms that features are offered in.

use crate::formats::jsonfg;
use crate::formats::output::{self, OutputFormat};
use crate::model::Layer;
use crate::services::ogcapi::common::{Form, Offer};
use std::sync::LazyLock;

/// Media type of GML in level 0 of the Simple Features profile (OGC 17-069r4 clause 8.4).
pub const GML_SF0: &str =
    "application/gml+xml;version=3.2;profile=\"http://www.opengis.net/def/profile/ogc/2.0/gml-sf0\"";

/// The same for level 2 (clause 8.5), of which level 0 is a part.
pub const GML_SF2: &str =
    "application/gml+xml;version=3.2;profile=\"http://www.opengis.net/def/profile/ogc/2.0/gml-sf2\"";

/// Media type of GeoJSON.
pub const GEOJSON: &str = "application/geo+json";

/// GeoJSON.
pub const JSON: Offer = Offer {
    form: Form::Json,
    names: &["json", "geojson"],
    media_types: &[GEOJSON, "application/json", "application/vnd.geo+json"],
};

const OTHERS: [Offer; 3] = [
    Offer { form: Form::JsonFg, names: &["jsonfg", "fg"], media_types: &[jsonfg::MEDIA_TYPE] },
    Offer { form: Form::Gml(0), names: &["gml", "gml-sf0", "gml32"], media_types: &[GML_SF0] },
    Offer { form: Form::Gml(2), names: &["gml-sf2"], media_types: &[GML_SF2] },
];

/// Formats of files that pages of features come in as well: those are no files here.
const PAGED: [&str; 3] = ["geojson", "gml", "jsonfg"];

/// The formats of files, which hold everything that matches.
fn files() -> impl Iterator<Item = &'static OutputFormat> {
    output::ALL.into_iter().filter(|f| !PAGED.contains(&f.short))
}

/// What single features are offered in.
pub fn item() -> &'static [Offer] {
    static ALL: LazyLock<Vec<Offer>> =
        LazyLock::new(|| [JSON, Offer::HTML].into_iter().chain(OTHERS).collect());
    &ALL
}

/// What pages of features are offered in, and files.
pub fn items() -> &'static [Offer] {
    static ALL: LazyLock<Vec<Offer>> =
        LazyLock::new(|| item().iter().copied().chain(files().map(Offer::file)).collect());
    &ALL
}

/// Those that suit a layer.
pub fn suiting(layer: &Layer) -> Vec<Offer> {
    let suits = |offer: &&Offer| match offer.form {
        Form::File(format) => (format.suits)(layer),
        _ => true,
    };
    items().iter().filter(suits).copied().collect()
}
