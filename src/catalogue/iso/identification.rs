//! gmd:MD_DataIdentification: what the resource is, of whom, under what conditions, where and when.

use super::parts::{anchored, code, code_of, date, missing, party, string, string_or_missing, term};
use super::{ElementSet, INSPIRE, keywords, parts};
use crate::catalogue::record::{Distance, Moment, Period, Record};
use crate::catalogue::vocabulary::FREQUENCIES;
use crate::catalogue::xml::Xml;
use crate::geo::BBox;

pub(super) fn write(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("gmd:MD_DataIdentification", |x| {
        common(x, record, set);
        if set > ElementSet::Brief {
            if let Some(representation) = &record.representation {
                x.within("gmd:spatialRepresentationType", |x| {
                    code(x, "MD_SpatialRepresentationTypeCode", representation);
                });
            }
            resolution(x, record);
        }
        for language in &record.resource_languages {
            parts::language(x, language);
        }
        if record.resource_languages.is_empty() {
            missing(x, "gmd:language");
        }
        if set > ElementSet::Brief {
            x.within("gmd:characterSet", |x| code(x, "MD_CharacterSetCode", "utf8"));
            for topic in &record.topics {
                x.within("gmd:topicCategory", |x| x.text("gmd:MD_TopicCategoryCode", &[], topic));
            }
        }
        extent(x, record, "gmd:extent", set);
    });
}

/// What data and services have in common (AbstractMD_Identification).
pub(super) fn common(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("gmd:citation", |x| x.within("gmd:CI_Citation", |x| citation(x, record)));
    string_or_missing(x, "gmd:abstract", &record.summary);
    if set == ElementSet::Brief {
        return;
    }
    let shown = if set == ElementSet::Summary { 1 } else { usize::MAX };
    for contact in record.contacts.iter().take(shown) {
        x.within("gmd:pointOfContact", |x| party(x, contact));
    }
    if let Some(frequency) = &record.frequency {
        maintenance(x, frequency);
    }
    if let Some(preview) = &record.preview {
        x.within("gmd:graphicOverview", |x| {
            x.within("gmd:MD_BrowseGraphic", |x| {
                string(x, "gmd:fileName", preview);
                string(x, "gmd:fileDescription", "aperçu");
            });
        });
    }
    keywords::write(x, record);
    constraints(x, record);
}

fn citation(x: &mut Xml, record: &Record) {
    string_or_missing(x, "gmd:title", &record.title);
    for title in &record.alternate_titles {
        string(x, "gmd:alternateTitle", title);
    }
    // C.11 to C.13: one creation and one revision at most.
    let dates =
        [(record.created, "creation"), (record.published, "publication"), (record.revised, "revision")];
    for (moment, kind) in dates {
        if let Some(moment) = moment {
            date(x, moment, kind);
        }
    }
    if dates.iter().all(|(moment, _)| moment.is_none()) {
        missing(x, "gmd:date");
    }
    if let Some(resource) = &record.resource {
        // 1.3: one address that ends in the uuid, without code space.
        x.within("gmd:identifier", |x| match &resource.space {
            None => x.within("gmd:MD_Identifier", |x| parts::linked(x, "gmd:code", &resource.code)),
            Some(space) => x.within("gmd:RS_Identifier", |x| {
                string(x, "gmd:code", &resource.code);
                string(x, "gmd:codeSpace", space);
            }),
        });
    }
}

/// How a frequency is written.
pub(in crate::catalogue) struct FrequencyCode {
    pub(in crate::catalogue) code: String,
    /// None for codes of ISO.
    pub(in crate::catalogue) register: Option<String>,
    /// ISO 8601, for what ISO 19115 has no code for.
    pub(in crate::catalogue) duration: Option<String>,
}

/// The frequency as a code of ISO, or of the EU's table where ISO has none.
pub(in crate::catalogue) fn frequency_code(frequency: &str) -> FrequencyCode {
    match FREQUENCIES.get(frequency).filter(|entry| entry.iso != Some(true)) {
        Some(entry) => FrequencyCode {
            code: entry.uri.rsplit('/').next().unwrap_or(&entry.code).to_owned(),
            register: Some(FREQUENCIES.uri.clone()),
            duration: entry.duration.clone(),
        },
        None => FrequencyCode { code: frequency.to_owned(), register: None, duration: None },
    }
}

fn maintenance(x: &mut Xml, frequency: &str) {
    let found = frequency_code(frequency);
    x.within("gmd:resourceMaintenance", |x| {
        x.within("gmd:MD_MaintenanceInformation", |x| {
            x.within("gmd:maintenanceAndUpdateFrequency", |x| match &found.register {
                Some(register) => code_of(x, "MD_MaintenanceFrequencyCode", register, &found.code),
                None => code(x, "MD_MaintenanceFrequencyCode", &found.code),
            });
            if let Some(duration) = &found.duration {
                x.within("gmd:userDefinedMaintenanceFrequency", |x| {
                    let gts = [("xmlns:gts", "http://www.isotc211.org/2005/gts")];
                    x.text("gts:TM_PeriodDuration", &gts, duration);
                });
            }
        });
    });
}

/// C.17 and C.18: limits of access and conditions of use, a block each.
fn constraints(x: &mut Xml, record: &Record) {
    let mut block = |kind: &str, content: &dyn Fn(&mut Xml)| {
        x.within("gmd:resourceConstraints", |x| {
            x.within("gmd:MD_LegalConstraints", |x| {
                x.within(kind, |x| code(x, "MD_RestrictionCode", "otherRestrictions"));
                content(x);
            });
        });
    };
    if !record.access.is_empty() {
        block("gmd:accessConstraints", &|x| {
            record.access.iter().for_each(|access| term(x, "gmd:otherConstraints", access));
        });
    }
    if record.licences.is_empty() && record.use_limitations.is_empty() {
        block("gmd:useConstraints", &|x| {
            let uri = format!("{INSPIRE}/ConditionsApplyingToAccessAndUse/conditionsUnknown");
            anchored(x, "gmd:otherConstraints", &uri, "Conditions d'accès et d'utilisation inconnues");
        });
    }
    if !record.licences.is_empty() {
        block("gmd:useConstraints", &|x| {
            record.licences.iter().for_each(|licence| term(x, "gmd:otherConstraints", licence));
        });
    }
    for limitation in &record.use_limitations {
        x.within("gmd:resourceConstraints", |x| {
            x.within("gmd:MD_Constraints", |x| string(x, "gmd:useLimitation", limitation));
        });
    }
}

/// 1.5: scales as denominators, distances with their unit.
fn resolution(x: &mut Xml, record: &Record) {
    for scale in &record.scales {
        x.within("gmd:spatialResolution", |x| {
            x.within("gmd:MD_Resolution", |x| {
                x.within("gmd:equivalentScale", |x| {
                    x.within("gmd:MD_RepresentativeFraction", |x| {
                        x.within("gmd:denominator", |x| x.text("gco:Integer", &[], &scale.to_string()));
                    });
                });
            });
        });
    }
    for Distance { value, unit } in &record.distances {
        x.within("gmd:spatialResolution", |x| {
            x.within("gmd:MD_Resolution", |x| {
                x.within("gmd:distance", |x| x.text("gco:Distance", &[("uom", unit)], &value.to_string()));
            });
        });
    }
}

/// Places, boxes and times. Brief has the boxes only.
pub(super) fn extent(x: &mut Xml, record: &Record, name: &str, set: ElementSet) {
    let brief = set == ElementSet::Brief;
    if record.boxes.is_empty() && (brief || record.places.is_empty() && record.periods.is_empty()) {
        return;
    }
    x.within(name, |x| {
        x.within("gmd:EX_Extent", |x| {
            for place in record.places.iter().filter(|_| !brief) {
                x.within("gmd:geographicElement", |x| {
                    x.within("gmd:EX_GeographicDescription", |x| {
                        x.within("gmd:geographicIdentifier", |x| {
                            x.within("gmd:MD_Identifier", |x| term(x, "gmd:code", place));
                        });
                    });
                });
            }
            record.boxes.iter().for_each(|bbox| bounding_box(x, bbox));
            for (at, period) in record.periods.iter().enumerate().filter(|_| !brief) {
                x.within("gmd:temporalElement", |x| {
                    x.within("gmd:EX_TemporalExtent", |x| {
                        x.within("gmd:extent", |x| time_period(x, period, at));
                    });
                });
            }
        });
    });
}

/// C.19: all four sides, with two decimals at least.
fn bounding_box(x: &mut Xml, bbox: &BBox) {
    x.within("gmd:geographicElement", |x| {
        x.within("gmd:EX_GeographicBoundingBox", |x| {
            for (name, value) in [
                ("gmd:westBoundLongitude", bbox.min_x),
                ("gmd:eastBoundLongitude", bbox.max_x),
                ("gmd:southBoundLatitude", bbox.min_y),
                ("gmd:northBoundLatitude", bbox.max_y),
            ] {
                x.within(name, |x| x.text("gco:Decimal", &[], &format!("{value:.6}")));
            }
        });
    });
}

/// C.14: an open end goes on, an open begin is not known.
fn time_period(x: &mut Xml, period: &Period, at: usize) {
    let id = format!("period-{}", at.saturating_add(1));
    x.element("gml:TimePeriod", &[("gml:id", &id)], |x| {
        let mut side = |name: &str, moment: Option<Moment>, open: &str| match moment {
            Some(moment) => x.text(name, &[], &moment.to_string()),
            None => x.empty(name, &[("indeterminatePosition", open)]),
        };
        side("gml:beginPosition", period.begin, "unknown");
        side("gml:endPosition", period.end, "now");
    });
}
