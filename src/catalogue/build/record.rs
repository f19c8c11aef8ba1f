//! The record that stored facts make.

use super::facts::{Facts, LayerFacts};
use super::{QUERY, RecordContext, links};
use crate::catalogue::iso::HVD_REGULATION;
use crate::catalogue::record::{
    Conformance, Contact, Distance, Identifier, Keyword, Kind, LayerColumn, Moment, Record, RecordLayer,
    ReferenceSystem, Term,
};
use crate::catalogue::vocabulary::{self, ACCESS_LIMITATIONS, INSPIRE_THEMES};
use crate::geo::{BBox, Crs};
use crate::model::FRENCH_MONTHS;
use chrono::{DateTime, Utc};
use percent_encoding::utf8_percent_encode;

/// The language of the platform's own records, ISO 639-2/B.
pub(super) const LANGUAGE: &str = "fre";

/// The record of a dataset: what its data say, and what people say of it.
pub(super) fn of(facts: &Facts, context: &RecordContext) -> Record {
    let (base, about) = (&context.public_url, &facts.about);
    let title = if facts.title.trim().is_empty() { facts.slug.clone() } else { facts.title.clone() };
    let summary = if facts.description.trim().is_empty() {
        made_abstract(&title, &facts.organisation)
    } else {
        facts.description.clone()
    };
    let extent = facts.layers.iter().filter_map(|l| l.extent).reduce(|a, b| a.union(&b));
    let (of_keywords, free) = sorted_keywords(&facts.keywords);
    let mut themes = about.inspire_themes.clone();
    themes.extend(of_keywords.into_iter().filter(|theme| !about.inspire_themes.contains(theme)));
    let words: Vec<String> = free.iter().map(|keyword| keyword.text.clone()).collect();
    let topics = if about.topics.is_empty() {
        vec![vocabulary::topic_category(&themes, &words, &title)]
    } else {
        about.topics.clone()
    };
    let contacts = contacts(facts, context);
    Record {
        identifier: facts.uuid.to_string(),
        uuid: facts.uuid,
        resource: Some(Identifier::uri(format!("{base}/datasets/{}", facts.uuid))),
        kind: if facts.layers.is_empty() { Kind::NonGeographic } else { Kind::Dataset },
        title,
        alternate_titles: about.alternate_titles.clone(),
        summary,
        language: LANGUAGE.to_owned(),
        resource_languages: some_or(&about.languages, LANGUAGE),
        topics,
        keywords: free,
        inspire_themes: themes,
        hvd_categories: about.hvd_categories.clone(),
        spatial_scope: about.spatial_scope.clone(),
        metadata_contacts: contacts
            .iter()
            .find(|c| c.role == "pointOfContact")
            .cloned()
            .into_iter()
            .collect(),
        contacts,
        created: about.created,
        published: Some(Moment::instant(facts.created)),
        revised: Some(Moment::instant(facts.updated)),
        frequency: about.frequency.clone(),
        periods: about.periods.clone(),
        boxes: extent.into_iter().collect(),
        places: about.places.clone(),
        crs: systems(facts),
        representation: Some(representation(facts).to_owned()),
        scales: about.scale.into_iter().collect(),
        distances: about
            .resolution
            .map(|value| Distance { value, unit: "m".to_owned() })
            .into_iter()
            .collect(),
        formats: links::formats(facts),
        links: links::links(facts, base),
        licences: licence(facts).into_iter().collect(),
        access: access(&about.access),
        legislation: legislation(facts),
        lineage: Some(match &about.lineage {
            Some(told) => format!("{told}\n{}", lineage(facts)),
            None => lineage(facts),
        }),
        conformity: vec![interoperability()],
        preview: preview(facts, base, extent),
        layers: facts.layers.iter().map(layer).collect(),
        ..Record::default()
    }
}

/// An abstract is mandatory, and an honest one says what is known.
pub(in crate::catalogue) fn made_abstract(title: &str, organisation: &str) -> String {
    format!("{title}. Jeu de données publié par {organisation}.")
}

/// Those that people name, and for the roles that harvesters read and nobody has, the organisation.
fn contacts(facts: &Facts, context: &RecordContext) -> Vec<Contact> {
    let own_email = facts.email.clone().or_else(|| context.contact_email.clone());
    let organisation = Contact {
        organisation: Some(facts.organisation.clone()),
        email: own_email.filter(|text| !text.trim().is_empty()),
        ..Contact::default()
    };
    let mut contacts: Vec<Contact> = facts.about.contacts.clone();
    for contact in &mut contacts {
        // C.10 wants an organisation; a person or an address without one is of this.
        contact.organisation.get_or_insert_with(|| facts.organisation.clone());
    }
    // What is said of the organisation in one role is true of it in the others.
    let known = contacts.iter().find(|c| c.organisation == organisation.organisation && c.email.is_some());
    let known = known.map(|c| Contact { role: String::new(), person: None, position: None, ..c.clone() });
    let organisation = known.unwrap_or(organisation);
    for role in ["pointOfContact", "owner", "publisher"] {
        if contacts.iter().all(|contact| contact.role != role) {
            contacts.push(Contact { role: role.to_owned(), ..organisation.clone() });
        }
    }
    contacts
}

fn some_or(given: &[String], otherwise: &str) -> Vec<String> {
    if given.is_empty() { vec![otherwise.to_owned()] } else { given.to_vec() }
}

/// The limitations that people name; otherwise what is published is public.
fn access(codes: &[String]) -> Vec<Term> {
    let known = codes.iter().filter_map(|code| ACCESS_LIMITATIONS.get(code));
    let named: Vec<Term> = known.map(|entry| Term::with_uri(&entry.fr, &entry.uri)).collect();
    if named.is_empty() { vec![no_limitations()] } else { named }
}

/// The laws that people name, and for a high-value dataset the regulation that makes it one.
fn legislation(facts: &Facts) -> Vec<Term> {
    let mut laws = facts.about.legislation.clone();
    let cited = laws.iter().any(|law| law.uri.as_deref() == Some(HVD_REGULATION));
    if !facts.about.hvd_categories.is_empty() && !cited {
        laws.insert(0, Term::with_uri("High-value dataset", HVD_REGULATION));
    }
    laws
}

/// Keywords that are INSPIRE themes, as codes, and the others; each once.
pub(super) fn sorted_keywords(words: &[String]) -> (Vec<String>, Vec<Keyword>) {
    let (mut themes, mut free): (Vec<String>, Vec<Keyword>) = (Vec::new(), Vec::new());
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        // A code alone is a word like any other: `ad` is short for many things.
        let theme = INSPIRE_THEMES.find(word).filter(|theme| !theme.code.eq_ignore_ascii_case(word));
        match theme {
            Some(theme) if themes.contains(&theme.code) => {}
            Some(theme) => themes.push(theme.code.clone()),
            None if free.iter().any(|known| known.text == word) => {}
            None => free.push(Keyword::free(word)),
        }
    }
    (themes, free)
}

fn licence(facts: &Facts) -> Option<Term> {
    let text = facts.licence.as_deref().filter(|text| !text.trim().is_empty())?;
    let known = vocabulary::licence(text);
    Some(Term { text: known.title, uri: known.uri })
}

/// Everything that is published is public.
pub(super) fn no_limitations() -> Term {
    let entry = ACCESS_LIMITATIONS.get("noLimitations");
    entry.map(|entry| Term::with_uri(&entry.fr, &entry.uri)).unwrap_or_default()
}

/// C.20 to C.22: nobody has compared the data with the regulation, and the record says so.
fn interoperability() -> Conformance {
    Conformance {
        title: "RÈGLEMENT (UE) N° 1089/2010 DE LA COMMISSION du 23 novembre 2010 portant modalités d'application de la directive 2007/2/CE du Parlement européen et du Conseil en ce qui concerne l'interopérabilité des séries et des services de données géographiques".to_owned(),
        uri: Some("http://data.europa.eu/eli/reg/2010/1089".to_owned()),
        date: "2010-12-08".parse().ok(),
        date_kind: Some("publication".to_owned()),
        explanation: Some("Voir la spécification citée".to_owned()),
        pass: None,
    }
}

fn systems(facts: &Facts) -> Vec<ReferenceSystem> {
    let mut systems: Vec<ReferenceSystem> = Vec::new();
    for layer in &facts.layers {
        if let Ok(crs) = Crs::from_epsg(layer.srid)
            && !systems.iter().any(|known| known.code == crs.code())
        {
            systems.push(ReferenceSystem {
                code: crs.code(),
                uri: Some(crs.uri()),
                name: Some(crs.name.clone()),
            });
        }
    }
    systems
}

fn representation(facts: &Facts) -> &'static str {
    match (facts.layers.is_empty(), facts.layers.iter().all(LayerFacts::is_grid)) {
        (true, _) => "textTable",
        (false, true) => "grid",
        (false, false) => "vector",
    }
}

fn layer(facts: &LayerFacts) -> RecordLayer {
    let column = |column: &crate::model::Column| LayerColumn {
        name: column.name.clone(),
        datatype: column.kind.xsd().to_owned(),
    };
    RecordLayer {
        slug: facts.slug.clone(),
        title: facts.title.clone(),
        type_name: facts.type_name.clone(),
        geometry: facts.geometry.clone(),
        crs: format!("EPSG:{}", facts.srid),
        extent: facts.extent,
        features: facts.features,
        is_raster: facts.is_raster,
        tiles: facts.tiles.clone(),
        columns: facts.columns.iter().map(column).collect(),
    }
}

fn lineage(facts: &Facts) -> String {
    let Some(run) = &facts.run else {
        return format!("Données fournies par {} et publiées telles quelles.", facts.organisation);
    };
    let day = french_day(run.finished);
    let files =
        if run.files.is_empty() { String::new() } else { format!(" depuis {}", run.files.join(", ")) };
    let of_tiles = !facts.layers.is_empty() && facts.layers.iter().all(|layer| layer.tiles.is_some());
    let objects = match (of_tiles, run.features > 1) {
        (true, true) => "tuiles",
        (true, false) => "tuile",
        (false, true) => "objets",
        (false, false) => "objet",
    };
    format!(
        "Données fournies par {}, chargées le {day}{files} ({} {objects}), contrôlées puis publiées ; version {}.",
        facts.organisation, run.features, facts.version
    )
}

fn french_day(instant: DateTime<Utc>) -> String {
    use chrono::Datelike;
    let month = FRENCH_MONTHS.get(instant.month0() as usize).copied().unwrap_or_default();
    let day = if instant.day() == 1 { "1er".to_owned() } else { instant.day().to_string() };
    format!("{day} {month} {}", instant.year())
}

/// A GetMap of all layers, some 600 pixels wide or high, with a margin so that points aren't cut.
fn preview(facts: &Facts, base: &str, extent: Option<BBox>) -> Option<String> {
    let extent = extent.filter(BBox::is_valid)?;
    let margin = (extent.width().max(extent.height()) * 0.05).max(0.005);
    let shown = extent.expanded(margin);
    // A degree of longitude is shorter than one of latitude.
    let shrink = shown.centre()[1].to_radians().cos().max(0.1);
    let (across, up) = (shown.width() * shrink, shown.height());
    let scale = 600.0 / across.max(up);
    let pixels = |length: f64| (length * scale).round().clamp(60.0, 600.0);
    let drawn = facts.layers.iter().filter(|layer| layer.tiles.is_none());
    let layers = drawn.map(|l| l.slug.as_str()).collect::<Vec<_>>().join(",");
    if layers.is_empty() {
        return None;
    }
    Some(format!(
        "{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={}&STYLES=&CRS=CRS:84&BBOX={:.5},{:.5},{:.5},{:.5}&WIDTH={}&HEIGHT={}&FORMAT=image%2Fpng",
        utf8_percent_encode(&layers, QUERY),
        shown.min_x,
        shown.min_y,
        shown.max_x,
        shown.max_y,
        pixels(across),
        pixels(up),
    ))
}
