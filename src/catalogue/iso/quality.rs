//! gmd:DQ_DataQuality: scope, conformity, lineage (1.9 to 1.11, C.20 to C.22).

use super::parts::{anchored, code, date, missing, string, string_or_missing};
use crate::catalogue::record::{Conformance, Kind, Record};
use crate::catalogue::xml::Xml;

pub(super) fn write(x: &mut Xml, record: &Record) {
    x.within("gmd:DQ_DataQuality", |x| {
        x.within("gmd:scope", |x| {
            x.within("gmd:DQ_Scope", |x| {
                x.within("gmd:level", |x| code(x, "MD_ScopeCode", record.kind.code()));
                if record.kind == Kind::Service {
                    // 3.8
                    x.within("gmd:levelDescription", |x| {
                        x.within("gmd:MD_ScopeDescription", |x| string(x, "gmd:other", "service"));
                    });
                }
            });
        });
        for conformance in &record.conformity {
            report(x, conformance);
        }
        if let Some(lineage) = &record.lineage {
            x.within("gmd:lineage", |x| {
                x.within("gmd:LI_Lineage", |x| string(x, "gmd:statement", lineage));
            });
        }
    });
}

fn report(x: &mut Xml, conformance: &Conformance) {
    x.within("gmd:report", |x| {
        x.within("gmd:DQ_DomainConsistency", |x| {
            x.within("gmd:result", |x| {
                x.within("gmd:DQ_ConformanceResult", |x| {
                    x.within("gmd:specification", |x| {
                        x.within("gmd:CI_Citation", |x| {
                            match &conformance.uri {
                                Some(uri) => anchored(x, "gmd:title", uri, &conformance.title),
                                None => string_or_missing(x, "gmd:title", &conformance.title),
                            }
                            match conformance.date {
                                Some(day) => {
                                    date(x, day, conformance.date_kind.as_deref().unwrap_or("publication"));
                                }
                                None => missing(x, "gmd:date"),
                            }
                        });
                    });
                    match &conformance.explanation {
                        Some(words) => string(x, "gmd:explanation", words),
                        None => missing(x, "gmd:explanation"),
                    }
                    match conformance.pass {
                        Some(pass) => x.within("gmd:pass", |x| x.text("gco:Boolean", &[], &pass.to_string())),
                        // Not evaluated.
                        None => x.empty("gmd:pass", &[("gco:nilReason", "unknown")]),
                    }
                });
            });
        });
    });
}
