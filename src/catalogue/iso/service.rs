//! srv:SV_ServiceIdentification (ISO 19119:2005/Amd 1:2008): what a service is and what data it works on.

use super::parts::{code, missing, string};
use super::{ElementSet, identification};
use crate::catalogue::record::{Citation, Record};
use crate::catalogue::xml::Xml;

pub(super) fn write(x: &mut Xml, record: &Record, set: ElementSet) {
    x.within("srv:SV_ServiceIdentification", |x| {
        identification::common(x, record, set);
        // 3.5: the type of INSPIRE.
        x.within("srv:serviceType", |x| {
            x.text("gco:LocalName", &[], record.service_type.as_deref().unwrap_or("other"));
        });
        if set > ElementSet::Brief {
            for version in &record.service_versions {
                string(x, "srv:serviceTypeVersion", version);
            }
        }
        identification::extent(x, record, "srv:extent", set);
        if set == ElementSet::Full {
            for data in &record.operates_on {
                coupled(x, data, record);
            }
        }
        x.within("srv:couplingType", |x| {
            let coupling = if record.operates_on.is_empty() { "loose" } else { "tight" };
            let register = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#SV_CouplingType";
            x.text("srv:SV_CouplingType", &[("codeList", register), ("codeListValue", coupling)], coupling);
        });
        operations(x, record);
        if set > ElementSet::Brief {
            // 3.6. Some harvesters follow the address, others look the uuid up among the records they have.
            for data in &record.operates_on {
                let mut attributes = vec![("uuidref", data.identifier.as_str())];
                attributes.extend(data.url.as_deref().map(|url| ("xlink:href", url)));
                attributes.extend(data.title.as_deref().map(|title| ("xlink:title", title)));
                x.empty("srv:operatesOn", &attributes);
            }
        }
    });
}

fn coupled(x: &mut Xml, data: &Citation, record: &Record) {
    let Some(operation) = record.operations.first() else { return };
    x.within("srv:coupledResource", |x| {
        x.within("srv:SV_CoupledResource", |x| {
            string(x, "srv:operationName", operation);
            string(x, "srv:identifier", data.resource.as_deref().unwrap_or(&data.identifier));
        });
    });
}

/// Operations, each with the address that the service is asked at. The schema wants one.
fn operations(x: &mut Xml, record: &Record) {
    let address = record.links.first().map(|link| link.url.as_str());
    for operation in &record.operations {
        x.within("srv:containsOperations", |x| {
            x.within("srv:SV_OperationMetadata", |x| {
                string(x, "srv:operationName", operation);
                x.within("srv:DCP", |x| {
                    let register = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#DCPList";
                    let attributes = [("codeList", register), ("codeListValue", "WebServices")];
                    x.text("srv:DCPList", &attributes, "WebServices");
                });
                match address {
                    Some(url) => x.within("srv:connectPoint", |x| {
                        x.within("gmd:CI_OnlineResource", |x| {
                            x.within("gmd:linkage", |x| x.text("gmd:URL", &[], url));
                            x.within("gmd:function", |x| code(x, "CI_OnLineFunctionCode", "download"));
                        });
                    }),
                    None => missing(x, "srv:connectPoint"),
                }
            });
        });
    }
    if record.operations.is_empty() {
        missing(x, "srv:containsOperations");
    }
}
