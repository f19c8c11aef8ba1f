//! ISO 19139 (schemas of 2007-04-17), shaped by the INSPIRE technical guidance for metadata 2.0 and
//! the French profile of the CNIG.
//!
//! Numbers such as C.17 name requirements of the technical guidance.

use super::record::{Contact, Link, Record};
use super::vocabulary;
use super::xml::Xml;
use chrono::{DateTime, SecondsFormat, Utc};

/// How much of a record (OGC 07-006r1 section 10.8.4.9, `ElementSetName`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ElementSet {
    /// Enough to list it.
    Brief,
    /// Enough to choose it.
    Summary,
    /// All.
    Full,
}

pub(super) const NAMESPACES: [(&str, &str); 7] = [
    ("xmlns:gmd", "http://www.isotc211.org/2005/gmd"),
    ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
    ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    (
        "xsi:schemaLocation",
        "http://www.isotc211.org/2005/gmd http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd http://www.isotc211.org/2005/gmx http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd",
    ),
];
const CODES: &str = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml";
const INSPIRE: &str = "http://inspire.ec.europa.eu/metadata-codelist";

/// Writes a record as gmd:MD_Metadata. Brief and summary leave out what their sets don't name but stay
/// valid against the schema.
pub(super) fn write(record: &Record, datestamp: DateTime<Utc>, set: ElementSet) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("gmd:MD_Metadata", &NAMESPACES, |x| {
        string(x, "gmd:fileIdentifier", &record.uuid.to_string());
        language(x);
        if set > ElementSet::Brief {
            x.within("gmd:characterSet", |x| code(x, "MD_CharacterSetCode", "utf8"));
        }
        x.within("gmd:hierarchyLevel", |x| code(x, "MD_ScopeCode", record.kind.code()));
        x.within("gmd:contact", |x| party(x, &record.contact, "pointOfContact"));
        x.within("gmd:dateStamp", |x| {
            x.text("gco:DateTime", &[], &datestamp.to_rfc3339_opts(SecondsFormat::Secs, true));
        });
        if set > ElementSet::Brief {
            string(x, "gmd:metadataStandardName", "ISO 19115");
            string(x, "gmd:metadataStandardVersion", "2003/Cor.1:2006");
            for crs in &record.crs {
                reference_system(x, &crs.uri());
            }
        }
        x.within("gmd:identificationInfo", |x| identification(x, record, set));
        if set > ElementSet::Brief {
            x.within("gmd:distributionInfo", |x| distribution(x, record));
        }
        if set == ElementSet::Full {
            x.within("gmd:dataQualityInfo", |x| quality(x, record));
        }
    });
    xml.into_bytes()
}

pub(super) fn string(x: &mut Xml, name: &str, text: &str) {
    x.within(name, |x| x.text("gco:CharacterString", &[], text));
}

fn anchored(x: &mut Xml, name: &str, href: &str, text: &str) {
    x.within(name, |x| x.text("gmx:Anchor", &[("xlink:href", href)], text));
}

pub(super) fn code(x: &mut Xml, list: &str, value: &str) {
    x.text(
        &format!("gmd:{list}"),
        &[("codeList", &format!("{CODES}#{list}")), ("codeListValue", value)],
        value,
    );
}

/// C.5: the code of ISO 639-2/B, which for French is `fre`.
fn language(x: &mut Xml) {
    x.within("gmd:language", |x| {
        x.text(
            "gmd:LanguageCode",
            &[("codeList", "http://www.loc.gov/standards/iso639-2/"), ("codeListValue", "fre")],
            "fre",
        );
    });
}

/// C.6, C.10: organisation, address, role.
fn party(x: &mut Xml, contact: &Contact, role: &str) {
    x.within("gmd:CI_ResponsibleParty", |x| {
        string(x, "gmd:organisationName", &contact.organisation);
        if let Some(email) = &contact.email {
            x.within("gmd:contactInfo", |x| {
                x.within("gmd:CI_Contact", |x| {
                    x.within("gmd:address", |x| {
                        x.within("gmd:CI_Address", |x| {
                            string(x, "gmd:electronicMailAddress", email);
                        });
                    });
                });
            });
        }
        x.within("gmd:role", |x| code(x, "CI_RoleCode", role));
    });
}

/// 2.1: the system as an http address, without code space.
fn reference_system(x: &mut Xml, uri: &str) {
    x.within("gmd:referenceSystemInfo", |x| {
        x.within("gmd:MD_ReferenceSystem", |x| {
            x.within("gmd:referenceSystemIdentifier", |x| {
                x.within("gmd:RS_Identifier", |x| anchored(x, "gmd:code", uri, uri));
            });
        });
    });
}

pub(super) fn date(x: &mut Xml, day: DateTime<Utc>, kind: &str) {
    x.within("gmd:date", |x| {
        x.within("gmd:CI_Date", |x| {
            x.within("gmd:date", |x| x.text("gco:Date", &[], &day.format("%Y-%m-%d").to_string()));
            x.within("gmd:dateType", |x| code(x, "CI_DateTypeCode", kind));
        });
    });
}

fn identification(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("gmd:MD_DataIdentification", |x| {
        x.within("gmd:citation", |x| {
            x.within("gmd:CI_Citation", |x| {
                string(x, "gmd:title", &record.title);
                date(x, record.published, "publication");
                date(x, record.revised, "revision");
                // 1.3: one address that ends in the uuid, without code space.
                x.within("gmd:identifier", |x| {
                    x.within("gmd:MD_Identifier", |x| {
                        anchored(x, "gmd:code", &record.resource, &record.resource);
                    });
                });
            });
        });
        string(x, "gmd:abstract", &record.summary);
        if set > ElementSet::Brief {
            for role in ["pointOfContact", "owner", "publisher"] {
                x.within("gmd:pointOfContact", |x| party(x, &record.contact, role));
                if set == ElementSet::Summary {
                    break;
                }
            }
            if let Some(preview) = &record.preview {
                x.within("gmd:graphicOverview", |x| {
                    x.within("gmd:MD_BrowseGraphic", |x| {
                        string(x, "gmd:fileName", preview);
                        string(x, "gmd:fileDescription", "aperçu");
                    });
                });
            }
            keywords(x, &record.keywords);
            constraints(x, record);
            x.within("gmd:spatialRepresentationType", |x| {
                code(x, "MD_SpatialRepresentationTypeCode", record.representation);
            });
        }
        language(x);
        if set > ElementSet::Brief {
            x.within("gmd:characterSet", |x| code(x, "MD_CharacterSetCode", "utf8"));
            x.within("gmd:topicCategory", |x| x.text("gmd:MD_TopicCategoryCode", &[], record.topic));
        }
        if let Some(extent) = &record.extent {
            x.within("gmd:extent", |x| {
                x.within("gmd:EX_Extent", |x| {
                    x.within("gmd:geographicElement", |x| {
                        x.within("gmd:EX_GeographicBoundingBox", |x| {
                            // C.19: all four, with two decimals at least.
                            for (name, value) in [
                                ("gmd:westBoundLongitude", extent.min_x),
                                ("gmd:eastBoundLongitude", extent.max_x),
                                ("gmd:southBoundLatitude", extent.min_y),
                                ("gmd:northBoundLatitude", extent.max_y),
                            ] {
                                x.within(name, |x| x.text("gco:Decimal", &[], &format!("{value:.6}")));
                            }
                        });
                    });
                });
            });
        }
    });
}

/// C.15, C.16: INSPIRE themes in a block of their thesaurus; the rest as plain words.
fn keywords(x: &mut Xml, all: &[String]) {
    let themes: Vec<&str> = all.iter().filter_map(|k| vocabulary::inspire_theme(k)).collect();
    let free: Vec<&String> = all.iter().filter(|k| vocabulary::inspire_theme(k).is_none()).collect();
    let block = |x: &mut Xml, words: &[&str], thesaurus: bool| {
        x.within("gmd:descriptiveKeywords", |x| {
            x.within("gmd:MD_Keywords", |x| {
                for word in words {
                    string(x, "gmd:keyword", word);
                }
                x.within("gmd:type", |x| code(x, "MD_KeywordTypeCode", "theme"));
                if thesaurus {
                    x.within("gmd:thesaurusName", |x| {
                        x.within("gmd:CI_Citation", |x| {
                            string(x, "gmd:title", "GEMET - INSPIRE themes, version 1.0");
                            fixed_date(x, "2008-06-01");
                        });
                    });
                }
            });
        });
    };
    if !themes.is_empty() {
        block(x, &themes, true);
    }
    if !free.is_empty() {
        block(x, &free.iter().map(|k| k.as_str()).collect::<Vec<_>>(), false);
    }
}

fn fixed_date(x: &mut Xml, day: &str) {
    x.within("gmd:date", |x| {
        x.within("gmd:CI_Date", |x| {
            x.within("gmd:date", |x| x.text("gco:Date", &[], day));
            x.within("gmd:dateType", |x| code(x, "CI_DateTypeCode", "publication"));
        });
    });
}

/// C.17 and C.18: limits of access and conditions of use, a block each.
fn constraints(x: &mut Xml, record: &Record) {
    let block = |x: &mut Xml, kind: &str, href: Option<&str>, text: &str| {
        x.within("gmd:resourceConstraints", |x| {
            x.within("gmd:MD_LegalConstraints", |x| {
                x.within(kind, |x| code(x, "MD_RestrictionCode", "otherRestrictions"));
                match href {
                    Some(href) => anchored(x, "gmd:otherConstraints", href, text),
                    None => string(x, "gmd:otherConstraints", text),
                }
            });
        });
    };
    block(
        x,
        "gmd:accessConstraints",
        Some(&format!("{INSPIRE}/LimitationsOnPublicAccess/noLimitations")),
        "Pas de restriction d'accès public",
    );
    match &record.licence {
        Some(licence) => block(x, "gmd:useConstraints", licence.uri.as_deref(), &licence.title),
        None => block(
            x,
            "gmd:useConstraints",
            Some(&format!("{INSPIRE}/ConditionsApplyingToAccessAndUse/conditionsUnknown")),
            "Conditions d'accès et d'utilisation inconnues",
        ),
    }
}

fn distribution(x: &mut Xml, record: &Record) {
    x.within("gmd:MD_Distribution", |x| {
        for format in &record.formats {
            x.within("gmd:distributionFormat", |x| {
                x.within("gmd:MD_Format", |x| {
                    string(x, "gmd:name", format.name);
                    string(x, "gmd:version", format.version);
                });
            });
        }
        x.within("gmd:transferOptions", |x| {
            x.within("gmd:MD_DigitalTransferOptions", |x| {
                for link in &record.links {
                    x.within("gmd:onLine", |x| online(x, link));
                }
            });
        });
    });
}

/// 1.8 and class 8.1: services carry their protocol and INSPIRE type as anchors, other links must not.
fn online(x: &mut Xml, link: &Link) {
    x.within("gmd:CI_OnlineResource", |x| {
        x.within("gmd:linkage", |x| x.text("gmd:URL", &[], &link.url));
        match link.kind.service() {
            Some((register, kind)) => {
                anchored(x, "gmd:protocol", register, link.kind.protocol());
                anchored(
                    x,
                    "gmd:applicationProfile",
                    &format!("{INSPIRE}/SpatialDataServiceType/{kind}"),
                    kind,
                );
            }
            None => string(x, "gmd:protocol", link.kind.protocol()),
        }
        string(x, "gmd:name", &link.name);
        string(x, "gmd:description", &link.title);
        x.within("gmd:function", |x| code(x, "CI_OnLineFunctionCode", link.kind.function()));
    });
}

/// 1.9 to 1.11, C.20 to C.22: scope, conformity (not evaluated), lineage.
fn quality(x: &mut Xml, record: &Record) {
    x.within("gmd:DQ_DataQuality", |x| {
        x.within("gmd:scope", |x| {
            x.within("gmd:DQ_Scope", |x| {
                x.within("gmd:level", |x| code(x, "MD_ScopeCode", "dataset"));
            });
        });
        x.within("gmd:report", |x| {
            x.within("gmd:DQ_DomainConsistency", |x| {
                x.within("gmd:result", |x| {
                    x.within("gmd:DQ_ConformanceResult", |x| {
                        x.within("gmd:specification", |x| {
                            x.within("gmd:CI_Citation", |x| {
                                anchored(
                                    x,
                                    "gmd:title",
                                    "http://data.europa.eu/eli/reg/2010/1089",
                                    "RÈGLEMENT (UE) N° 1089/2010 DE LA COMMISSION du 23 novembre 2010 portant modalités d'application de la directive 2007/2/CE du Parlement européen et du Conseil en ce qui concerne l'interopérabilité des séries et des services de données géographiques",
                                );
                                fixed_date(x, "2010-12-08");
                            });
                        });
                        string(x, "gmd:explanation", "Voir la spécification citée");
                        x.empty("gmd:pass", &[("gco:nilReason", "unknown")]);
                    });
                });
            });
        });
        x.within("gmd:lineage", |x| {
            x.within("gmd:LI_Lineage", |x| string(x, "gmd:statement", &record.lineage));
        });
    });
}
