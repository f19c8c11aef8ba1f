//! What filters may say, as capabilities of services write it.

use super::functions::{Signature, ValueType};
use std::fmt::Write as _;

/// Operators on geometries, which Filter Encoding 1.1 and 2.0 name alike.
pub const SPATIAL_OPERATORS: [&str; 11] = [
    "BBOX",
    "Equals",
    "Disjoint",
    "Intersects",
    "Touches",
    "Crosses",
    "Within",
    "Contains",
    "Overlaps",
    "DWithin",
    "Beyond",
];

/// Scalar, spatial and temporal operators and functions of FES 2.0 (OGC 09-026r2 clause 7.14), in the
/// prefixes `fes` and `gml`.
pub fn push_fes_operators(out: &mut String) {
    out.push_str("<fes:Scalar_Capabilities>\n<fes:LogicalOperators/>\n<fes:ComparisonOperators>\n");
    for operator in [
        "PropertyIsEqualTo",
        "PropertyIsNotEqualTo",
        "PropertyIsLessThan",
        "PropertyIsGreaterThan",
        "PropertyIsLessThanOrEqualTo",
        "PropertyIsGreaterThanOrEqualTo",
        "PropertyIsLike",
        "PropertyIsNull",
        "PropertyIsNil",
        "PropertyIsBetween",
    ] {
        let _ = writeln!(out, "<fes:ComparisonOperator name=\"{operator}\"/>");
    }
    out.push_str("</fes:ComparisonOperators>\n</fes:Scalar_Capabilities>\n<fes:Spatial_Capabilities>\n<fes:GeometryOperands>\n");
    for operand in [
        "Envelope",
        "Point",
        "MultiPoint",
        "LineString",
        "Curve",
        "MultiCurve",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "Surface",
        "MultiSurface",
        "MultiGeometry",
    ] {
        let _ = writeln!(out, "<fes:GeometryOperand name=\"gml:{operand}\"/>");
    }
    out.push_str("</fes:GeometryOperands>\n<fes:SpatialOperators>\n");
    for operator in SPATIAL_OPERATORS {
        let _ = writeln!(out, "<fes:SpatialOperator name=\"{operator}\"/>");
    }
    out.push_str(
        "</fes:SpatialOperators>\n</fes:Spatial_Capabilities>\n<fes:Temporal_Capabilities>\n<fes:TemporalOperands>\n\
         <fes:TemporalOperand name=\"gml:TimeInstant\"/>\n<fes:TemporalOperand name=\"gml:TimePeriod\"/>\n\
         </fes:TemporalOperands>\n<fes:TemporalOperators>\n",
    );
    for operator in ["After", "Before", "During", "TEquals"] {
        let _ = writeln!(out, "<fes:TemporalOperator name=\"{operator}\"/>");
    }
    out.push_str("</fes:TemporalOperators>\n</fes:Temporal_Capabilities>\n<fes:Functions>\n");
    for function in super::functions() {
        push_function(&function, out);
    }
    out.push_str("</fes:Functions>\n");
}

fn push_function(function: &Signature, out: &mut String) {
    let _ = write!(
        out,
        "<fes:Function name=\"{}\"><fes:Returns>{}</fes:Returns><fes:Arguments>",
        function.name,
        type_name(function.returns)
    );
    for (name, kind) in function.args {
        let _ = write!(
            out,
            "<fes:Argument name=\"{name}\"><fes:Type>{}</fes:Type></fes:Argument>",
            type_name(*kind)
        );
    }
    out.push_str("</fes:Arguments></fes:Function>\n");
}

const fn type_name(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Text => "xs:string",
        ValueType::Number => "xs:double",
        ValueType::Integer => "xs:integer",
        ValueType::Boolean => "xs:boolean",
        ValueType::Time => "xs:dateTime",
        ValueType::Geometry => "gml:AbstractGeometryType",
        ValueType::Any => "xs:anySimpleType",
    }
}
