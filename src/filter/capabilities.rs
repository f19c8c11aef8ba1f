//! What filters may say, as capabilities of services write it.

use super::functions::{Signature, ValueType};
use std::fmt::Write as _;

/// Operators on geometries, which Filter Encoding 1.1 and 2.0 name alike.
const SPATIAL_OPERATORS: [&str; 11] = [
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

/// Conformance classes of CQL2 (OGC 21-065r2 clause 2) that filters meet: all there are.
pub const CQL2_CONFORMANCE: [&str; 14] = [
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
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
    // `AnyInteracts` is read as well, but the schema has no name for it (filterCapabilities.xsd).
    let named = super::fes::TEMPORAL_OPERATORS.iter().filter(|(operator, _)| *operator != "AnyInteracts");
    for (operator, _) in named {
        let _ = writeln!(out, "<fes:TemporalOperator name=\"{operator}\"/>");
    }
    out.push_str("</fes:TemporalOperators>\n</fes:Temporal_Capabilities>\n<fes:Functions>\n");
    for function in super::functions() {
        push_function(&function, out);
    }
    out.push_str("</fes:Functions>\n");
}

/// What Filter Encoding 1.1 says is understood (OGC 04-095 clause 18), in the prefixes `ogc` and `gml`.
pub fn push_ogc11_filter(out: &mut String) {
    out.push_str("<ogc:Filter_Capabilities>\n<ogc:Spatial_Capabilities>\n<ogc:GeometryOperands>");
    // The others that are understood have no name in its schema.
    for operand in ["Envelope", "Point", "LineString", "Polygon"] {
        let _ = write!(out, "<ogc:GeometryOperand>gml:{operand}</ogc:GeometryOperand>");
    }
    out.push_str("</ogc:GeometryOperands>\n<ogc:SpatialOperators>");
    for operator in SPATIAL_OPERATORS {
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
    for Signature { name, args, .. } in super::functions() {
        let _ = write!(out, "<ogc:FunctionName nArgs=\"{}\">{name}</ogc:FunctionName>", args.len());
    }
    out.push_str(
        "</ogc:FunctionNames></ogc:Functions>\n</ogc:ArithmeticOperators>\n</ogc:Scalar_Capabilities>\n\
         <ogc:Id_Capabilities><ogc:EID/><ogc:FID/></ogc:Id_Capabilities>\n</ogc:Filter_Capabilities>\n",
    );
}

/// What Filter Encoding 1.0 says is understood (OGC 02-059 clause 14), in the prefix `ogc`.
pub fn push_ogc10_filter(out: &mut String) {
    out.push_str("<ogc:Filter_Capabilities>\n<ogc:Spatial_Capabilities>\n<ogc:Spatial_Operators>");
    for operator in SPATIAL_OPERATORS {
        let name = if operator == "Intersects" { "Intersect" } else { operator };
        let _ = write!(out, "<ogc:{name}/>");
    }
    out.push_str(
        "</ogc:Spatial_Operators>\n</ogc:Spatial_Capabilities>\n<ogc:Scalar_Capabilities>\n<ogc:Logical_Operators/>\n\
         <ogc:Comparison_Operators><ogc:Simple_Comparisons/><ogc:Like/><ogc:Between/><ogc:NullCheck/>\
         </ogc:Comparison_Operators>\n<ogc:Arithmetic_Operators><ogc:Simple_Arithmetic/><ogc:Functions><ogc:Function_Names>",
    );
    for Signature { name, args, .. } in super::functions() {
        let _ = write!(out, "<ogc:Function_Name nArgs=\"{}\">{name}</ogc:Function_Name>", args.len());
    }
    out.push_str(
        "</ogc:Function_Names></ogc:Functions></ogc:Arithmetic_Operators>\n</ogc:Scalar_Capabilities>\n\
         </ogc:Filter_Capabilities>\n",
    );
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

#[cfg(test)]
mod tests {
    use super::super::ast::{Expr, Filter, Literal};
    use super::super::{FilterError, FilterLimits, fes};
    use super::*;

    const NAMESPACES: &str = "xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:ogc=\"http://www.opengis.net/ogc\" \
                              xmlns:gml=\"http://www.opengis.net/gml/3.2\"";

    fn listed(push: fn(&mut String), element: &str) -> Vec<String> {
        let mut out = String::new();
        push(&mut out);
        let document = format!("<all {NAMESPACES}>{out}</all>");
        let document = roxmltree::Document::parse(&document).expect("well-formed");
        let named = document.descendants().filter(|n| n.tag_name().name() == element);
        named.map(|n| n.attribute("name").or(n.text()).unwrap_or_default().to_owned()).collect()
    }

    fn read(xml: &str) -> Result<Filter, FilterError> {
        let xml = format!("<fes:Filter {NAMESPACES}>{xml}</fes:Filter>");
        let document = roxmltree::Document::parse(&xml).expect("well-formed");
        fes::parse(document.root_element(), &FilterLimits::default())
    }

    /// The shortest filter of an operator.
    fn example(operator: &str) -> String {
        let property = "<fes:ValueReference>p</fes:ValueReference>";
        let point = "<gml:Point><gml:pos>1 1</gml:pos></gml:Point>";
        let literal = "<fes:Literal>2021-08-02</fes:Literal>";
        let inside = match operator {
            "BBOX" => "<gml:Envelope><gml:lowerCorner>0 0</gml:lowerCorner><gml:upperCorner>1 1</gml:upperCorner></gml:Envelope>".to_owned(),
            "DWithin" | "Beyond" => format!("{property}{point}<fes:Distance uom=\"m\">1</fes:Distance>"),
            "PropertyIsNull" | "PropertyIsNil" => property.to_owned(),
            "PropertyIsBetween" => format!(
                "{property}<fes:LowerBoundary>{literal}</fes:LowerBoundary><fes:UpperBoundary>{literal}</fes:UpperBoundary>"
            ),
            spatial if SPATIAL_OPERATORS.contains(&spatial) => format!("{property}{point}"),
            _ => format!("{property}{literal}"),
        };
        format!("<fes:{operator}>{inside}</fes:{operator}>")
    }

    #[test]
    fn every_operator_that_is_promised_is_read() {
        let mut promised = 0;
        for kind in ["ComparisonOperator", "SpatialOperator", "TemporalOperator"] {
            for operator in listed(push_fes_operators, kind) {
                assert!(read(&example(&operator)).is_ok(), "{operator}");
                promised += 1;
            }
        }
        assert_eq!(promised, 10 + 11 + 13);
        assert!(read(&example("PropertyIsWibble")).is_err());
        for operator in listed(push_ogc11_filter, "SpatialOperator") {
            assert!(read(&example(&operator)).is_ok(), "{operator}");
        }
        assert!(read(&example("Intersect")).is_ok());
    }

    #[test]
    fn every_function_that_is_promised_is_known_with_the_arguments_that_are_promised() {
        let names = listed(push_fes_operators, "Function");
        assert_eq!(names.len(), super::super::functions().count());
        assert_eq!(names, listed(push_ogc11_filter, "FunctionName"));
        assert_eq!(names, listed(push_ogc10_filter, "Function_Name"));
        for name in names {
            let filter = read(&format!(
                "<fes:PropertyIsEqualTo><fes:Function name=\"{name}\"/><fes:Literal>1</fes:Literal></fes:PropertyIsEqualTo>"
            ));
            let Ok(Filter::Compare { left: Expr::Function { name: read, args }, right, .. }) = filter else {
                panic!("{name}");
            };
            assert_eq!((read, args.len()), (name, 0));
            assert_eq!(right, Expr::Literal(Literal::Text("1".into())));
        }
        let mut out = String::new();
        push_ogc10_filter(&mut out);
        assert!(out.contains("<ogc:Function_Name nArgs=\"3\">substring</ogc:Function_Name>"), "{out}");
    }

    #[test]
    fn no_class_of_cql2_is_named_twice() {
        let distinct: std::collections::BTreeSet<_> = CQL2_CONFORMANCE.iter().collect();
        assert_eq!(distinct.len(), CQL2_CONFORMANCE.len());
    }
}
