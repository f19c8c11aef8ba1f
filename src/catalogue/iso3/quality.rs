//! mdq:DQ_DataQuality and mrl:LI_Lineage: conformity and lineage.

use super::parts::{code, date, missing, optional, string, title};
use crate::catalogue::record::{Conformance, Record};
use crate::catalogue::xml::Xml;

pub(super) fn write(x: &mut Xml, record: &Record) {
    if !record.conformity.is_empty() {
        x.within("mdb:dataQualityInfo", |x| {
            x.within("mdq:DQ_DataQuality", |x| {
                x.within("mdq:scope", |x| scope(x, record));
                record.conformity.iter().for_each(|conformance| report(x, conformance));
            });
        });
    }
    if let Some(lineage) = &record.lineage {
        x.within("mdb:resourceLineage", |x| {
            x.within("mrl:LI_Lineage", |x| {
                string(x, "mrl:statement", lineage);
                x.within("mrl:scope", |x| scope(x, record));
            });
        });
    }
}

fn scope(x: &mut Xml, record: &Record) {
    x.within("mcc:MD_Scope", |x| {
        x.within("mcc:level", |x| code(x, "mcc:MD_ScopeCode", record.kind.code()));
    });
}

fn report(x: &mut Xml, conformance: &Conformance) {
    x.within("mdq:report", |x| {
        x.within("mdq:DQ_DomainConsistency", |x| {
            x.within("mdq:result", |x| {
                x.within("mdq:DQ_ConformanceResult", |x| {
                    x.within("mdq:specification", |x| {
                        x.within("cit:CI_Citation", |x| {
                            title(x, &conformance.title, conformance.uri.as_ref());
                            if let Some(day) = conformance.date {
                                let kind = conformance.date_kind.as_deref().unwrap_or("publication");
                                date(x, "cit:date", day, kind);
                            }
                        });
                    });
                    optional(x, "mdq:explanation", conformance.explanation.as_ref());
                    match conformance.pass {
                        Some(pass) => x.within("mdq:pass", |x| x.text("gco:Boolean", &[], &pass.to_string())),
                        // Not evaluated.
                        None => missing(x, "mdq:pass"),
                    }
                });
            });
        });
    });
}
