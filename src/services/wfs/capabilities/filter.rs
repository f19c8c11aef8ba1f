//! Which filters are understood: written for each filter encoding from the same facts.

use super::constraint;
use crate::filter;

const FILTER_CLASSES: [(&str, bool); 13] = [
    ("ImplementsQuery", true),
    ("ImplementsAdHocQuery", true),
    ("ImplementsFunctions", true),
    ("ImplementsResourceId", true),
    ("ImplementsMinStandardFilter", true),
    ("ImplementsStandardFilter", true),
    ("ImplementsMinSpatialFilter", true),
    ("ImplementsSpatialFilter", true),
    ("ImplementsMinTemporalFilter", true),
    ("ImplementsTemporalFilter", true),
    ("ImplementsVersionNav", false),
    ("ImplementsSorting", true),
    ("ImplementsExtendedOperators", false),
];

/// FES 2.0 (OGC 09-026r2 clause 7.14).
pub fn fes(out: &mut String, versions: bool) {
    out.push_str("<fes:Filter_Capabilities>\n<fes:Conformance>\n");
    for (class, always) in FILTER_CLASSES {
        let yes = always || (versions && class == "ImplementsVersionNav");
        constraint(out, "fes", class, if yes { "TRUE" } else { "FALSE" });
    }
    constraint(out, "fes", "ImplementsMinimumXPath", "TRUE");
    constraint(out, "fes", "ImplementsSchemaElementFunc", "FALSE");
    out.push_str(
        "</fes:Conformance>\n<fes:Id_Capabilities><fes:ResourceIdentifier name=\"fes:ResourceId\"/></fes:Id_Capabilities>\n",
    );
    filter::push_fes_operators(out);
    out.push_str("</fes:Filter_Capabilities>\n");
}

/// Filter Encoding 1.1 (OGC 04-095 clause 18).
pub fn ogc(out: &mut String) {
    filter::push_ogc11_filter(out);
}

/// Filter Encoding 1.0 (OGC 02-059 clause 14).
pub fn ogc10(out: &mut String) {
    filter::push_ogc10_filter(out);
}
