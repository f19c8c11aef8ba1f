//! Which filters are understood: written for each filter encoding from the same facts.

use super::constraint;
use crate::filter;
use std::fmt::Write as _;

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
    out.push_str("<ogc:Filter_Capabilities>\n<ogc:Spatial_Capabilities>\n<ogc:GeometryOperands>");
    for operand in ["Envelope", "Point", "LineString", "Polygon"] {
        let _ = write!(out, "<ogc:GeometryOperand>gml:{operand}</ogc:GeometryOperand>");
    }
    out.push_str("</ogc:GeometryOperands>\n<ogc:SpatialOperators>");
    for operator in filter::SPATIAL_OPERATORS {
        let _ = write!(out, "<ogc:SpatialOperator name=\"{operator}\"/>");
    }
    out.push_str(
        "</ogc:SpatialOperators>\n</ogc:Spatial_Capabilities>\n<ogc:Scalar_Capabilities>\n<ogc:LogicalOperators/>\n\
         <ogc:ComparisonOperators>",
    );
    for operator in [
        "LessThan",
        "GreaterThan",
        "LessThanEqualTo",
        "GreaterThanEqualTo",
        "EqualTo",
        "NotEqualTo",
        "Like",
        "Between",
        "NullCheck",
    ] {
        let _ = write!(out, "<ogc:ComparisonOperator>{operator}</ogc:ComparisonOperator>");
    }
    out.push_str(
        "</ogc:ComparisonOperators>\n<ogc:ArithmeticOperators>\n<ogc:SimpleArithmetic/>\n<ogc:Functions><ogc:FunctionNames>",
    );
    for function in filter::functions() {
        let _ = write!(out, "<ogc:FunctionName nArgs=\"1\">{}</ogc:FunctionName>", function.name);
    }
    out.push_str(
        "</ogc:FunctionNames></ogc:Functions>\n</ogc:ArithmeticOperators>\n</ogc:Scalar_Capabilities>\n\
         <ogc:Id_Capabilities><ogc:EID/><ogc:FID/></ogc:Id_Capabilities>\n</ogc:Filter_Capabilities>\n",
    );
}

/// Filter Encoding 1.0 (OGC 02-059 clause 14).
pub fn ogc10(out: &mut String) {
    out.push_str(
        "<ogc:Filter_Capabilities>\n<ogc:Spatial_Capabilities>\n<ogc:Spatial_Operators><ogc:BBOX/><ogc:Equals/>\
         <ogc:Disjoint/><ogc:Intersect/><ogc:Touches/><ogc:Crosses/><ogc:Within/><ogc:Contains/><ogc:Overlaps/>\
         <ogc:Beyond/><ogc:DWithin/></ogc:Spatial_Operators>\n</ogc:Spatial_Capabilities>\n\
         <ogc:Scalar_Capabilities>\n<ogc:Logical_Operators/>\n<ogc:Comparison_Operators>\
         <ogc:Simple_Comparisons/><ogc:Like/><ogc:Between/><ogc:NullCheck/></ogc:Comparison_Operators>\n\
         <ogc:Arithmetic_Operators><ogc:Simple_Arithmetic/><ogc:Functions><ogc:Function_Names>",
    );
    for function in filter::functions() {
        let _ = write!(out, "<ogc:Function_Name nArgs=\"1\">{}</ogc:Function_Name>", function.name);
    }
    out.push_str(
        "</ogc:Function_Names></ogc:Functions></ogc:Arithmetic_Operators>\n</ogc:Scalar_Capabilities>\n\
         </ogc:Filter_Capabilities>\n",
    );
}
