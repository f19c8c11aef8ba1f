//! mri:MD_DataIdentification and srv:SV_ServiceIdentification: what the resource is.

use super::parts::{
    self, code, code_of, date, missing, optional, party, string, string_or_missing, term, title,
};
use crate::catalogue::iso::{ElementSet, KeywordBlock, frequency_code, keyword_blocks};
use crate::catalogue::record::{Citation, Kind, Moment, Period, Record};
use crate::catalogue::xml::Xml;
use crate::geo::BBox;

pub(super) fn write(x: &mut Xml, record: &Record, set: ElementSet) {
    if record.kind == Kind::Service {
        x.within("srv:SV_ServiceIdentification", |x| {
            common(x, record, set);
            service(x, record, set);
        });
        return;
    }
    x.within("mri:MD_DataIdentification", |x| {
        common(x, record, set);
        for (at, language) in record.resource_languages.iter().enumerate() {
            parts::locale(x, if at == 0 { "mri:defaultLocale" } else { "mri:otherLocale" }, language);
        }
    });
}

fn common(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("mri:citation", |x| x.within("cit:CI_Citation", |x| citation(x, record)));
    string_or_missing(x, "mri:abstract", &record.summary);
    if set > ElementSet::Brief {
        for contact in &record.contacts {
            x.within("mri:pointOfContact", |x| party(x, contact));
        }
        if let Some(representation) = &record.representation {
            x.within("mri:spatialRepresentationType", |x| {
                code(x, "mcc:MD_SpatialRepresentationTypeCode", representation);
            });
        }
        resolution(x, record);
        for topic in &record.topics {
            x.within("mri:topicCategory", |x| x.text("mri:MD_TopicCategoryCode", &[], topic));
        }
    }
    extent(x, record, "mri:extent", set);
    if set == ElementSet::Brief {
        return;
    }
    if let Some(frequency) = &record.frequency {
        maintenance(x, frequency);
    }
    if let Some(preview) = &record.preview {
        x.within("mri:graphicOverview", |x| {
            x.within("mcc:MD_BrowseGraphic", |x| string(x, "mcc:fileName", preview));
        });
    }
    keyword_blocks(record).iter().for_each(|block| keywords(x, block));
    constraints(x, record);
}

fn citation(x: &mut Xml, record: &Record) {
    string_or_missing(x, "cit:title", &record.title);
    record.alternate_titles.iter().for_each(|title| string(x, "cit:alternateTitle", title));
    for (moment, kind) in
        [(record.created, "creation"), (record.published, "publication"), (record.revised, "revision")]
    {
        if let Some(moment) = moment {
            date(x, "cit:date", moment, kind);
        }
    }
    if let Some(resource) = &record.resource {
        x.within("cit:identifier", |x| parts::identifier(x, &resource.code, resource.space.as_ref()));
    }
}

fn resolution(x: &mut Xml, record: &Record) {
    for scale in &record.scales {
        x.within("mri:spatialResolution", |x| {
            x.within("mri:MD_Resolution", |x| {
                x.within("mri:equivalentScale", |x| {
                    x.within("mri:MD_RepresentativeFraction", |x| {
                        x.within("mri:denominator", |x| x.text("gco:Integer", &[], &scale.to_string()));
                    });
                });
            });
        });
    }
    for distance in &record.distances {
        x.within("mri:spatialResolution", |x| {
            x.within("mri:MD_Resolution", |x| {
                x.within("mri:distance", |x| {
                    x.text("gco:Distance", &[("uom", &distance.unit)], &distance.value.to_string());
                });
            });
        });
    }
}

fn maintenance(x: &mut Xml, frequency: &str) {
    let found = frequency_code(frequency);
    x.within("mri:resourceMaintenance", |x| {
        x.within("mmi:MD_MaintenanceInformation", |x| {
            x.within("mmi:maintenanceAndUpdateFrequency", |x| match &found.register {
                Some(register) => code_of(x, "mmi:MD_MaintenanceFrequencyCode", register, &found.code),
                None => code(x, "mmi:MD_MaintenanceFrequencyCode", &found.code),
            });
            if let Some(duration) = &found.duration {
                x.within("mmi:userDefinedMaintenanceFrequency", |x| {
                    x.text("gco:TM_PeriodDuration", &[], duration);
                });
            }
        });
    });
}

fn keywords(x: &mut Xml, block: &KeywordBlock) {
    x.within("mri:descriptiveKeywords", |x| {
        x.within("mri:MD_Keywords", |x| {
            block.words.iter().for_each(|word| term(x, "mri:keyword", word));
            x.within("mri:type", |x| code(x, "mri:MD_KeywordTypeCode", &block.kind));
            if let Some(thesaurus) = &block.thesaurus {
                x.within("mri:thesaurusName", |x| {
                    x.within("cit:CI_Citation", |x| {
                        title(x, &thesaurus.title, thesaurus.uri.as_ref());
                        if let Some(day) = thesaurus.date {
                            let kind = thesaurus.date_kind.as_deref().unwrap_or("publication");
                            date(x, "cit:date", day, kind);
                        }
                    });
                });
            }
        });
    });
}

fn constraints(x: &mut Xml, record: &Record) {
    for (kind, terms) in [("mco:accessConstraints", &record.access), ("mco:useConstraints", &record.licences)]
    {
        if terms.is_empty() {
            continue;
        }
        x.within("mri:resourceConstraints", |x| {
            x.within("mco:MD_LegalConstraints", |x| {
                x.within(kind, |x| code(x, "mco:MD_RestrictionCode", "otherRestrictions"));
                terms.iter().for_each(|one| term(x, "mco:otherConstraints", one));
            });
        });
    }
    for limitation in &record.use_limitations {
        x.within("mri:resourceConstraints", |x| {
            x.within("mco:MD_Constraints", |x| string(x, "mco:useLimitation", limitation));
        });
    }
}

fn extent(x: &mut Xml, record: &Record, name: &str, set: ElementSet) {
    let brief = set == ElementSet::Brief;
    if record.boxes.is_empty() && (brief || record.places.is_empty() && record.periods.is_empty()) {
        return;
    }
    x.within(name, |x| {
        x.within("gex:EX_Extent", |x| {
            for place in record.places.iter().filter(|_| !brief) {
                x.within("gex:geographicElement", |x| {
                    x.within("gex:EX_GeographicDescription", |x| {
                        x.within("gex:geographicIdentifier", |x| {
                            x.within("mcc:MD_Identifier", |x| term(x, "mcc:code", place));
                        });
                    });
                });
            }
            record.boxes.iter().for_each(|bbox| bounding_box(x, bbox));
            for (at, period) in record.periods.iter().enumerate().filter(|_| !brief) {
                x.within("gex:temporalElement", |x| {
                    x.within("gex:EX_TemporalExtent", |x| {
                        x.within("gex:extent", |x| time_period(x, period, at));
                    });
                });
            }
        });
    });
}

fn bounding_box(x: &mut Xml, bbox: &BBox) {
    x.within("gex:geographicElement", |x| {
        x.within("gex:EX_GeographicBoundingBox", |x| {
            for (name, value) in [
                ("gex:westBoundLongitude", bbox.min_x),
                ("gex:eastBoundLongitude", bbox.max_x),
                ("gex:southBoundLatitude", bbox.min_y),
                ("gex:northBoundLatitude", bbox.max_y),
            ] {
                x.within(name, |x| x.text("gco:Decimal", &[], &format!("{value:.6}")));
            }
        });
    });
}

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

fn service(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("srv:serviceType", |x| {
        x.text("gco:ScopedName", &[], record.service_type.as_deref().unwrap_or("other"));
    });
    if set == ElementSet::Brief {
        return;
    }
    record.service_versions.iter().for_each(|version| string(x, "srv:serviceTypeVersion", version));
    let coupling = if record.operates_on.is_empty() { "loose" } else { "tight" };
    x.within("srv:couplingType", |x| code(x, "srv:SV_CouplingType", coupling));
    for data in &record.operates_on {
        x.within("srv:coupledResource", |x| {
            x.within("srv:SV_CoupledResource", |x| {
                let name = data.resource.as_deref().unwrap_or(&data.identifier);
                x.within("srv:scopedName", |x| x.text("gco:ScopedName", &[], name));
            });
        });
    }
    let address = record.links.first().map(|link| &link.url);
    for operation in &record.operations {
        x.within("srv:containsOperations", |x| {
            x.within("srv:SV_OperationMetadata", |x| {
                string(x, "srv:operationName", operation);
                x.within("srv:distributedComputingPlatform", |x| code(x, "srv:DCPList", "WebServices"));
                match address {
                    Some(url) => x.within("srv:connectPoint", |x| {
                        x.within("cit:CI_OnlineResource", |x| optional(x, "cit:linkage", Some(url)));
                    }),
                    None => missing(x, "srv:connectPoint"),
                }
            });
        });
    }
    record.operates_on.iter().for_each(|data| operates_on(x, data));
}

fn operates_on(x: &mut Xml, data: &Citation) {
    let mut attributes = vec![("uuidref", data.identifier.as_str())];
    attributes.extend(data.url.as_deref().map(|url| ("xlink:href", url)));
    attributes.extend(data.title.as_deref().map(|title| ("xlink:title", title)));
    x.empty("srv:operatesOn", &attributes);
}
