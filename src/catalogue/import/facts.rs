//! What is understood of a record from elsewhere, and the forms of the schema that it did not come in:
//! written from these facts alone; what is missing is left out or marked as missing.

use super::Forms;
use crate::catalogue::ElementSet;
use crate::catalogue::dublin_core::{NAMESPACES, element_name};
use crate::catalogue::iso::{NAMESPACES as ISO_NAMESPACES, code, date, string};
use crate::catalogue::xml::Xml;
use crate::geo::BBox;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// An address in a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) protocol: String,
}

/// Facts of a record. Texts that are missing are empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Facts {
    pub(super) identifier: String,
    pub(super) title: String,
    pub(super) summary: String,
    /// Type as written.
    pub(super) kind: String,
    pub(super) language: String,
    pub(super) organisation: Option<String>,
    pub(super) rights: Vec<String>,
    pub(super) lineage: Option<String>,
    pub(super) creation: Option<DateTime<Utc>>,
    pub(super) publication: Option<DateTime<Utc>>,
    pub(super) revision: Option<DateTime<Utc>>,
    /// When the record says that it was changed last.
    pub(super) datestamp: Option<DateTime<Utc>>,
    /// Identifier of the resource.
    pub(super) resource: String,
    pub(super) subjects: Vec<String>,
    pub(super) topics: Vec<String>,
    pub(super) formats: Vec<String>,
    pub(super) crs: Vec<String>,
    pub(super) services: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) links: Vec<Link>,
    /// All text, for searching.
    pub(super) words: String,
    /// Longitude and latitude.
    pub(super) extent: Option<BBox>,
}

/// The instant that a date means: a year, a month, a day or a time (W3C date and time formats). None for
/// what can't be read as one.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    if let Ok(time) =
        chrono::NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S%.f")
    {
        return Some(time.and_utc());
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|time| time.and_utc())
}

/// Code of MD_ScopeCode for a type: DCMI types are addresses that end in their name.
fn scope(kind: &str) -> &'static str {
    let name = kind.rsplit(['/', '#', ':']).next().unwrap_or(kind).to_ascii_lowercase();
    match name.as_str() {
        "service" => "service",
        "collection" | "series" => "series",
        "software" | "application" => "software",
        "dataset" | "" => "dataset",
        _ => "nonGeographicDataset",
    }
}

/// The three forms of Dublin Core.
pub(super) fn dublin_core(facts: &Facts) -> Forms {
    let form = |set| dublin_core_form(facts, set);
    Forms { full: form(ElementSet::Full), summary: form(ElementSet::Summary), brief: form(ElementSet::Brief) }
}

fn dublin_core_form(facts: &Facts, set: ElementSet) -> Vec<u8> {
    let mut x = Xml::new();
    x.element(element_name(set), &NAMESPACES, |x| {
        x.text("dc:identifier", &[], &facts.identifier);
        x.text("dc:title", &[], &facts.title);
        x.text("dc:type", &[], &facts.kind);
        if set > ElementSet::Brief {
            each(x, "dc:subject", &facts.subjects);
            each(x, "dc:format", &facts.formats);
            if !facts.resource.is_empty() {
                x.text("dc:relation", &[], &facts.resource);
            }
            if let Some(stamp) = facts.datestamp {
                x.text("dct:modified", &[], &stamp.to_rfc3339_opts(SecondsFormat::Secs, true));
            }
            if !facts.summary.is_empty() {
                x.text("dct:abstract", &[], &facts.summary);
            }
            each(x, "dct:spatial", &facts.places);
        }
        if set == ElementSet::Full {
            dublin_core_rest(x, facts);
        }
        if let Some(b) = facts.extent {
            // Latitude first, as the URN says.
            let crs = [("crs", "urn:ogc:def:crs:EPSG::4326"), ("dimensions", "2")];
            x.element("ows:BoundingBox", &crs, |x| {
                x.text("ows:LowerCorner", &[], &format!("{} {}", b.min_y, b.min_x));
                x.text("ows:UpperCorner", &[], &format!("{} {}", b.max_y, b.max_x));
            });
        }
    });
    x.into_bytes()
}

fn dublin_core_rest(x: &mut Xml, facts: &Facts) {
    let day = |x: &mut Xml, name: &str, date: Option<DateTime<Utc>>| {
        if let Some(date) = date {
            x.text(name, &[], &date.format("%Y-%m-%d").to_string());
        }
    };
    day(x, "dct:created", facts.creation);
    day(x, "dct:issued", facts.publication);
    day(x, "dc:date", facts.revision);
    if let Some(organisation) = &facts.organisation {
        x.text("dc:publisher", &[], organisation);
    }
    if !facts.language.is_empty() {
        x.text("dc:language", &[], &facts.language);
    }
    each(x, "dc:rights", &facts.rights);
    if let Some(lineage) = &facts.lineage {
        x.text("dct:provenance", &[], lineage);
    }
    each(x, "dct:conformsTo", &facts.crs);
    for link in &facts.links {
        let scheme = [("scheme", link.protocol.as_str())];
        let attributes = if link.protocol.is_empty() { &[][..] } else { &scheme[..] };
        x.text("dct:references", attributes, &link.url);
    }
}

fn each(x: &mut Xml, name: &str, values: &[String]) {
    for value in values {
        x.text(name, &[], value);
    }
}

/// The three forms of ISO 19139. Organisation and language that are not known are marked so, since the
/// schema wants them.
pub(super) fn iso(facts: &Facts) -> Forms {
    let form = |set| iso_form(facts, set);
    Forms { full: form(ElementSet::Full), summary: form(ElementSet::Summary), brief: form(ElementSet::Brief) }
}

const MISSING: [(&str, &str); 1] = [("gco:nilReason", "missing")];

fn iso_form(facts: &Facts, set: ElementSet) -> Vec<u8> {
    let mut x = Xml::new();
    x.element("gmd:MD_Metadata", &ISO_NAMESPACES, |x| {
        string(x, "gmd:fileIdentifier", &facts.identifier);
        if !facts.language.is_empty() {
            string(x, "gmd:language", &facts.language);
        }
        x.within("gmd:hierarchyLevel", |x| code(x, "MD_ScopeCode", scope(&facts.kind)));
        contact(x, facts);
        match facts.datestamp.or(facts.revision).or(facts.publication) {
            Some(stamp) => x.within("gmd:dateStamp", |x| {
                x.text("gco:DateTime", &[], &stamp.to_rfc3339_opts(SecondsFormat::Secs, true));
            }),
            None => x.empty("gmd:dateStamp", &MISSING),
        }
        x.within("gmd:identificationInfo", |x| {
            x.within("gmd:MD_DataIdentification", |x| identification(x, facts, set));
        });
        if set > ElementSet::Brief && !(facts.formats.is_empty() && facts.links.is_empty()) {
            x.within("gmd:distributionInfo", |x| x.within("gmd:MD_Distribution", |x| distribution(x, facts)));
        }
        if set == ElementSet::Full
            && let Some(lineage) = &facts.lineage
        {
            x.within("gmd:dataQualityInfo", |x| {
                x.within("gmd:DQ_DataQuality", |x| {
                    x.within("gmd:scope", |x| {
                        x.within("gmd:DQ_Scope", |x| {
                            x.within("gmd:level", |x| code(x, "MD_ScopeCode", scope(&facts.kind)));
                        });
                    });
                    x.within("gmd:lineage", |x| {
                        x.within("gmd:LI_Lineage", |x| string(x, "gmd:statement", lineage));
                    });
                });
            });
        }
    });
    x.into_bytes()
}

fn contact(x: &mut Xml, facts: &Facts) {
    match &facts.organisation {
        Some(organisation) => x.within("gmd:contact", |x| {
            x.within("gmd:CI_ResponsibleParty", |x| {
                string(x, "gmd:organisationName", organisation);
                x.within("gmd:role", |x| code(x, "CI_RoleCode", "pointOfContact"));
            });
        }),
        None => x.empty("gmd:contact", &MISSING),
    }
}

fn identification(x: &mut Xml, facts: &Facts, set: ElementSet) {
    x.within("gmd:citation", |x| {
        x.within("gmd:CI_Citation", |x| {
            string_or_missing(x, "gmd:title", &facts.title);
            let dates = [
                (facts.creation, "creation"),
                (facts.publication, "publication"),
                (facts.revision, "revision"),
            ];
            for (day, kind) in dates {
                if let Some(day) = day {
                    date(x, day, kind);
                }
            }
            if dates.iter().all(|(day, _)| day.is_none()) {
                x.empty("gmd:date", &MISSING);
            }
            if !facts.resource.is_empty() {
                x.within("gmd:identifier", |x| {
                    x.within("gmd:MD_Identifier", |x| string(x, "gmd:code", &facts.resource));
                });
            }
        });
    });
    string_or_missing(x, "gmd:abstract", &facts.summary);
    if set > ElementSet::Brief {
        if !facts.subjects.is_empty() {
            x.within("gmd:descriptiveKeywords", |x| {
                x.within("gmd:MD_Keywords", |x| {
                    for subject in &facts.subjects {
                        string(x, "gmd:keyword", subject);
                    }
                });
            });
        }
        for right in &facts.rights {
            x.within("gmd:resourceConstraints", |x| {
                x.within("gmd:MD_Constraints", |x| string(x, "gmd:useLimitation", right));
            });
        }
    }
    string_or_missing(x, "gmd:language", &facts.language);
    place(x, facts);
}

fn place(x: &mut Xml, facts: &Facts) {
    if facts.extent.is_none() && facts.places.is_empty() {
        return;
    }
    x.within("gmd:extent", |x| {
        x.within("gmd:EX_Extent", |x| {
            for name in &facts.places {
                x.within("gmd:geographicElement", |x| {
                    x.within("gmd:EX_GeographicDescription", |x| {
                        x.within("gmd:geographicIdentifier", |x| {
                            x.within("gmd:MD_Identifier", |x| string(x, "gmd:code", name));
                        });
                    });
                });
            }
            let Some(b) = facts.extent else { return };
            x.within("gmd:geographicElement", |x| {
                x.within("gmd:EX_GeographicBoundingBox", |x| {
                    for (name, side) in [
                        ("gmd:westBoundLongitude", b.min_x),
                        ("gmd:eastBoundLongitude", b.max_x),
                        ("gmd:southBoundLatitude", b.min_y),
                        ("gmd:northBoundLatitude", b.max_y),
                    ] {
                        x.within(name, |x| x.text("gco:Decimal", &[], &format!("{side:.6}")));
                    }
                });
            });
        });
    });
}

fn distribution(x: &mut Xml, facts: &Facts) {
    for format in &facts.formats {
        x.within("gmd:distributionFormat", |x| {
            x.within("gmd:MD_Format", |x| {
                string(x, "gmd:name", format);
                x.empty("gmd:version", &[("gco:nilReason", "unknown")]);
            });
        });
    }
    if facts.links.is_empty() {
        return;
    }
    x.within("gmd:transferOptions", |x| {
        x.within("gmd:MD_DigitalTransferOptions", |x| {
            for link in &facts.links {
                x.within("gmd:onLine", |x| {
                    x.within("gmd:CI_OnlineResource", |x| {
                        x.within("gmd:linkage", |x| x.text("gmd:URL", &[], &link.url));
                    });
                });
            }
        });
    });
}

fn string_or_missing(x: &mut Xml, name: &str, text: &str) {
    if text.is_empty() { x.empty(name, &MISSING) } else { string(x, name, text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_far_as_they_go() {
        for (text, wanted) in [
            ("2006", "2006-01-01T00:00:00Z"),
            ("2006-03", "2006-03-01T00:00:00Z"),
            ("2006-03-26", "2006-03-26T00:00:00Z"),
            ("2006-03-26T10:30:00+02:00", "2006-03-26T08:30:00Z"),
            ("2006-03-26T10:30:00", "2006-03-26T10:30:00Z"),
        ] {
            let read = instant(text).map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true));
            assert_eq!(read.as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "hier", "2006-13-01", "26/03/2006", "20060326"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn types_become_codes_of_iso() {
        assert_eq!(scope("http://purl.org/dc/dcmitype/Dataset"), "dataset");
        assert_eq!(scope("http://purl.org/dc/dcmitype/Service"), "service");
        assert_eq!(scope("http://purl.org/dc/dcmitype/Image"), "nonGeographicDataset");
    }
}
