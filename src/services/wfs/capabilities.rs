//! What the service says of itself (OGC 09-025r2 clause 8), from stored facts; nothing is computed.

use super::format::Format;
use super::schema::Prefixes;
use crate::geo::Crs;
use crate::model::Layer;
use crate::services::edge::Call;
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

/// Systems offered beside each type's own; every other code that PROJ knows is answered too.
pub const OTHER_CRS: [i32; 7] = [4326, 3857, 2154, 4258, 4171, 3035, 32631];

/// What is true of this service: conformance classes (OGC 09-025r2 table 1, OGC 09-026r2 table 1).
const CLASSES: [(&str, bool); 16] = [
    ("ImplementsSimpleWFS", true),
    ("ImplementsBasicWFS", true),
    ("ImplementsTransactionalWFS", false),
    ("ImplementsLockingWFS", false),
    ("KVPEncoding", true),
    ("XMLEncoding", true),
    ("SOAPEncoding", false),
    ("ImplementsInheritance", false),
    ("ImplementsRemoteResolve", false),
    ("ImplementsResultPaging", true),
    ("ImplementsStandardJoins", false),
    ("ImplementsSpatialJoins", false),
    ("ImplementsTemporalJoins", false),
    ("ImplementsFeatureVersioning", false),
    ("ManageStoredQueries", false),
    ("PagingIsTransactionSafe", false),
];

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

/// The document. `sections` is empty for all of them.
pub fn document(call: &Call, layers: &[&Arc<Layer>], generation: i64, sections: &[String]) -> String {
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|s| s == name);
    let prefixes = Prefixes::of(layers.iter().copied());
    let mut out = String::with_capacity(8192 + layers.len() * 1500);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:WFS_Capabilities xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:ows=\"http://www.opengis.net/ows/1.1\" xmlns:fes=\"http://www.opengis.net/fes/2.0\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd\" \
         version=\"2.0.0\" updateSequence=\"{generation}\">\n",
        prefixes.declarations()
    );
    if wanted("serviceidentification") {
        identification(&mut out, call, layers);
    }
    if wanted("serviceprovider") {
        provider(&mut out, call, layers);
    }
    if wanted("operationsmetadata") {
        operations(&mut out, &call.url("/wfs"));
    }
    // The list may not be empty in the schema; without types it is left out.
    if wanted("featuretypelist") && !layers.is_empty() {
        out.push_str("<wfs:FeatureTypeList>\n");
        for layer in layers {
            feature_type(&mut out, call, layer);
        }
        out.push_str("</wfs:FeatureTypeList>\n");
    }
    if wanted("filter_capabilities") {
        filter(&mut out);
    }
    out.push_str("</wfs:WFS_Capabilities>\n");
    out
}

fn identification(out: &mut String, call: &Call, layers: &[&Arc<Layer>]) {
    let title = scope_title(call, layers);
    let _ = write!(
        out,
        "<ows:ServiceIdentification>\n<ows:Title>{0}</ows:Title>\n<ows:Abstract>{1}</ows:Abstract>\n\
         <ows:Keywords><ows:Keyword>WFS</ows:Keyword><ows:Keyword>{2}</ows:Keyword></ows:Keywords>\n\
         <ows:ServiceType codeSpace=\"http://www.opengis.net/\">WFS</ows:ServiceType>\n\
         <ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion>\n\
         <ows:Fees>NONE</ows:Fees>\n<ows:AccessConstraints>NONE</ows:AccessConstraints>\n\
         </ows:ServiceIdentification>\n",
        escape(&title),
        escape(format!(
            "{} — {title}",
            call.lang.pick("Service de téléchargement d'objets géographiques", "Feature download service")
        )),
        call.lang.pick("données géographiques", "geographic data"),
    );
}

/// The platform's name, or the organisation's or dataset's behind its own address.
fn scope_title(call: &Call, layers: &[&Arc<Layer>]) -> String {
    use crate::model::Scope;
    match (&call.scope, layers.first()) {
        (Scope::Organisation(_), Some(layer)) => layer.dataset.organisation.title.clone(),
        (Scope::Dataset(_), Some(layer)) => layer.dataset.title.clone(),
        _ => call.app.config.title.clone(),
    }
}

fn provider(out: &mut String, call: &Call, layers: &[&Arc<Layer>]) {
    use crate::model::Scope;
    let organisation = match (&call.scope, layers.first()) {
        (Scope::Everything, _) | (_, None) => None,
        (_, Some(layer)) => Some(&layer.dataset.organisation),
    };
    let name = organisation.map_or(call.app.config.title.as_str(), |o| o.title.as_str());
    let email = organisation.and_then(|o| o.email.as_deref()).or(call.app.config.contact_email.as_deref());
    let address = email.map_or_else(String::new, |e| {
        format!(
            "<ows:Address><ows:ElectronicMailAddress>{}</ows:ElectronicMailAddress></ows:Address>\n",
            escape(e)
        )
    });
    let site = escape(call.url("/")).into_owned();
    let _ = write!(
        out,
        "<ows:ServiceProvider>\n<ows:ProviderName>{0}</ows:ProviderName>\n\
         <ows:ProviderSite xlink:type=\"simple\" xlink:href=\"{site}\"/>\n\
         <ows:ServiceContact>\n<ows:IndividualName>{0}</ows:IndividualName>\n\
         <ows:PositionName>{1}</ows:PositionName>\n\
         <ows:ContactInfo>\n{address}<ows:OnlineResource xlink:type=\"simple\" xlink:href=\"{site}\"/>\n</ows:ContactInfo>\n\
         <ows:Role>pointOfContact</ows:Role>\n</ows:ServiceContact>\n</ows:ServiceProvider>\n",
        escape(name),
        call.lang.pick("point de contact", "point of contact"),
    );
}

/// A parameter and the values that it may have.
type Domain<'a> = (&'a str, &'a [&'a str]);

fn operations(out: &mut String, url: &str) {
    let href = escape(url).into_owned();
    let formats: Vec<&str> = Format::names().collect();
    let gml = &formats[..2];
    let operations: [(&str, Vec<Domain<'_>>); 6] = [
        (
            "GetCapabilities",
            vec![
                ("AcceptVersions", &["2.0.0", "2.0.2"]),
                ("AcceptFormats", &["application/xml"]),
                (
                    "Sections",
                    &[
                        "ServiceIdentification",
                        "ServiceProvider",
                        "OperationsMetadata",
                        "FeatureTypeList",
                        "Filter_Capabilities",
                        "All",
                    ],
                ),
            ],
        ),
        ("DescribeFeatureType", vec![("outputFormat", gml)]),
        ("GetFeature", vec![("resultType", &["results", "hits"]), ("outputFormat", &formats)]),
        ("GetPropertyValue", vec![("resultType", &["results", "hits"]), ("outputFormat", gml)]),
        ("ListStoredQueries", vec![]),
        ("DescribeStoredQueries", vec![]),
    ];
    out.push_str("<ows:OperationsMetadata>\n");
    for (name, parameters) in &operations {
        let _ = writeln!(
            out,
            "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP><ows:Get xlink:href=\"{href}\"/>\
             <ows:Post xlink:href=\"{href}\"/></ows:HTTP></ows:DCP>"
        );
        for (parameter, values) in parameters {
            allowed(out, parameter, values);
        }
        out.push_str("</ows:Operation>\n");
    }
    allowed(out, "version", &["2.0.0", "2.0.2"]);
    allowed(out, "srsName", &[]);
    allowed(out, "resolve", &["none", "local"]);
    for (class, yes) in CLASSES {
        constraint(out, "ows", class, if yes { "TRUE" } else { "FALSE" });
    }
    let _ = write!(
        out,
        "<ows:Constraint name=\"QueryExpressions\"><ows:AllowedValues><ows:Value>wfs:Query</ows:Value>\
         <ows:Value>wfs:StoredQuery</ows:Value></ows:AllowedValues></ows:Constraint>\n</ows:OperationsMetadata>\n"
    );
}

fn allowed(out: &mut String, name: &str, values: &[&str]) {
    let _ = write!(out, "<ows:Parameter name=\"{name}\">");
    if values.is_empty() {
        out.push_str("<ows:AnyValue/>");
    } else {
        out.push_str("<ows:AllowedValues>");
        for value in values {
            let _ = write!(out, "<ows:Value>{}</ows:Value>", escape(*value));
        }
        out.push_str("</ows:AllowedValues>");
    }
    out.push_str("</ows:Parameter>\n");
}

fn constraint(out: &mut String, prefix: &str, name: &str, value: &str) {
    // The filter's schema has its own element of the same OWS type.
    let _ = writeln!(
        out,
        "<{prefix}:Constraint name=\"{name}\"><ows:NoValues/><ows:DefaultValue>{value}</ows:DefaultValue></{prefix}:Constraint>"
    );
}

fn feature_type(out: &mut String, call: &Call, layer: &Layer) {
    let _ = write!(
        out,
        "<wfs:FeatureType>\n<wfs:Name>{}</wfs:Name>\n<wfs:Title>{}</wfs:Title>\n",
        layer.type_name(),
        escape(&layer.title)
    );
    let text = if layer.description.is_empty() { &layer.dataset.description } else { &layer.description };
    if !text.is_empty() {
        let _ = writeln!(out, "<wfs:Abstract>{}</wfs:Abstract>", escape(text));
    }
    if !layer.dataset.keywords.is_empty() {
        out.push_str("<ows:Keywords>");
        for keyword in &layer.dataset.keywords {
            let _ = write!(out, "<ows:Keyword>{}</ows:Keyword>", escape(keyword));
        }
        out.push_str("</ows:Keywords>\n");
    }
    let _ = writeln!(out, "<wfs:DefaultCRS>{}</wfs:DefaultCRS>", layer.crs.urn());
    for crs in OTHER_CRS.into_iter().filter(|s| *s != layer.crs.srid).filter_map(|s| Crs::from_epsg(s).ok()) {
        let _ = writeln!(out, "<wfs:OtherCRS>{}</wfs:OtherCRS>", crs.urn());
    }
    out.push_str("<wfs:OutputFormats>");
    for format in Format::names() {
        let _ = write!(out, "<wfs:Format>{}</wfs:Format>", escape(format));
    }
    out.push_str("</wfs:OutputFormats>\n");
    if let Some(b) = layer.extent_lonlat {
        let _ = writeln!(
            out,
            "<ows:WGS84BoundingBox dimensions=\"2\"><ows:LowerCorner>{} {}</ows:LowerCorner>\
             <ows:UpperCorner>{} {}</ows:UpperCorner></ows:WGS84BoundingBox>",
            b.min_x, b.min_y, b.max_x, b.max_y
        );
    }
    let record = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full\
         &outputSchema=http://www.isotc211.org/2005/gmd&id={}",
        call.url("/csw"),
        layer.dataset.record
    );
    let _ = write!(out, "<wfs:MetadataURL xlink:href=\"{}\"/>\n</wfs:FeatureType>\n", escape(&record));
}

fn filter(out: &mut String) {
    out.push_str("<fes:Filter_Capabilities>\n<fes:Conformance>\n");
    for (class, yes) in FILTER_CLASSES {
        constraint(out, "fes", class, if yes { "TRUE" } else { "FALSE" });
    }
    constraint(out, "fes", "ImplementsMinimumXPath", "TRUE");
    constraint(out, "fes", "ImplementsSchemaElementFunc", "FALSE");
    out.push_str(
        "</fes:Conformance>\n<fes:Id_Capabilities><fes:ResourceIdentifier name=\"fes:ResourceId\"/></fes:Id_Capabilities>\n\
         <fes:Scalar_Capabilities>\n<fes:LogicalOperators/>\n<fes:ComparisonOperators>\n",
    );
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
    for operator in [
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
    ] {
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
    for function in crate::filter::functions() {
        let kind = |text: bool| if text { "xs:string" } else { "xs:double" };
        let _ = writeln!(
            out,
            "<fes:Function name=\"{}\"><fes:Returns>{}</fes:Returns><fes:Arguments><fes:Argument name=\"value\">\
             <fes:Type>{}</fes:Type></fes:Argument></fes:Arguments></fes:Function>",
            function.name,
            kind(function.gives_text),
            kind(function.takes_text)
        );
    }
    out.push_str("</fes:Functions>\n</fes:Filter_Capabilities>\n");
}
