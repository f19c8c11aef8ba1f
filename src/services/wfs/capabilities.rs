//! What the service says of itself (OGC 09-025r2 clause 8, OGC 04-094 clause 13), from stored facts; nothing
//! is computed. The versions share the sections of OWS Common; where those differ, [`Version`] tells.

mod filter;
mod inspire;
mod v100;

use super::format::Format;
use super::schema::Prefixes;
use super::stored::LANGUAGE;
use super::version::Version;
use crate::geo::{BBox, Crs};
use crate::model::Layer;
use crate::services::edge::{Call, EditDenied};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

/// Systems offered beside each type's own; every other code that PROJ knows is answered too.
pub const OTHER_CRS: [i32; 7] = [4326, 3857, 2154, 4258, 4171, 3035, 32631];

/// Versions that AcceptVersions understands, in each version's document.
const VERSIONS: [&str; 4] = ["2.0.0", "2.0.2", "1.1.0", "1.0.0"];

const SECTIONS: [&str; 6] = [
    "ServiceIdentification",
    "ServiceProvider",
    "OperationsMetadata",
    "FeatureTypeList",
    "Filter_Capabilities",
    "All",
];

/// How features get identifiers (OGC 04-094 clause 12.2.4).
const ID_RULES: [&str; 3] = ["GenerateNew", "UseExisting", "ReplaceDuplicate"];

/// What can be done with features that can be edited.
const TYPE_OPERATIONS: [&str; 5] = ["Insert", "Update", "Delete", "Query", "Lock"];

const ALL_SOME: [&str; 2] = ["ALL", "SOME"];

/// Classes that hold where editing is on.
const EDITING: [&str; 4] = [
    "ImplementsTransactionalWFS",
    "ImplementsLockingWFS",
    "ImplementsFeatureVersioning",
    "ManageStoredQueries",
];

/// What is true of this service: conformance classes (OGC 09-025r2 table 1, OGC 09-026r2 table 1).
const CLASSES: [(&str, bool); 16] = [
    ("ImplementsSimpleWFS", true),
    ("ImplementsBasicWFS", true),
    ("ImplementsTransactionalWFS", false),
    ("ImplementsLockingWFS", false),
    ("KVPEncoding", true),
    ("XMLEncoding", true),
    ("SOAPEncoding", true),
    ("ImplementsInheritance", false),
    ("ImplementsRemoteResolve", false),
    ("ImplementsResultPaging", true),
    ("ImplementsStandardJoins", true),
    ("ImplementsSpatialJoins", true),
    ("ImplementsTemporalJoins", true),
    ("ImplementsFeatureVersioning", false),
    ("ManageStoredQueries", false),
    ("PagingIsTransactionSafe", false),
];

/// The document. `sections` is empty for all of them.
pub fn document(
    call: &Call,
    version: Version,
    layers: &[&Arc<Layer>],
    generation: i64,
    sections: &[String],
) -> String {
    if version == Version::V100 {
        return v100::document(call, layers, generation);
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|s| s == name);
    let prefixes = Prefixes::of(layers.iter().copied());
    let (filter_prefix, filter) = version.filter_namespace();
    let mut out = String::with_capacity(8192 + layers.len() * 1500);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <wfs:WFS_Capabilities xmlns:wfs=\"{wfs}\" xmlns:ows=\"{ows}\" xmlns:{filter_prefix}=\"{filter}\" \
         xmlns:gml=\"{gml}\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"{wfs} {}\" version=\"{}\" updateSequence=\"{generation}\">\n",
        prefixes.declarations(),
        version.schema(),
        version.text(),
        wfs = version.namespace(),
        ows = version.ows_namespace(),
        gml = version.gml().namespace(),
    );
    if wanted("serviceidentification") {
        identification(&mut out, call, layers);
    }
    if wanted("serviceprovider") {
        provider(&mut out, call, layers);
    }
    if wanted("operationsmetadata") {
        operations(&mut out, call, version, layers);
    }
    // The list may not be empty in the schema; without types it is left out.
    if wanted("featuretypelist") && !layers.is_empty() {
        out.push_str("<wfs:FeatureTypeList>\n");
        if version == Version::V110 {
            type_operations(&mut out, layers.iter().all(|layer| offers_editing(call, layer)));
        }
        for layer in layers {
            feature_type(&mut out, call, version, layer);
        }
        out.push_str("</wfs:FeatureTypeList>\n");
    }
    // WFS 1.1's schema has no document without.
    if wanted("filter_capabilities") || version != Version::V200 {
        match version {
            Version::V200 => filter::fes(&mut out, call.editing()),
            Version::V110 | Version::V100 => filter::ogc(&mut out),
        }
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
         {3}\n\
         <ows:Fees>NONE</ows:Fees>\n<ows:AccessConstraints>NONE</ows:AccessConstraints>\n\
         </ows:ServiceIdentification>\n",
        escape(&title),
        escape(format!(
            "{} — {title}",
            call.lang.pick("Service de téléchargement d'objets géographiques", "Feature download service")
        )),
        call.lang.pick("données géographiques", "geographic data"),
        Version::ALL
            .map(|v| format!("<ows:ServiceTypeVersion>{}</ows:ServiceTypeVersion>", v.text()))
            .concat(),
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
        (Scope::Everything | Scope::Part(_), _) | (_, None) => None,
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

fn operations(out: &mut String, call: &Call, version: Version, layers: &[&Arc<Layer>]) {
    let editing = call.editing();
    let href = escape(call.url("/wfs")).into_owned();
    let formats: Vec<&str> = Format::names(version).collect();
    let gml: Vec<&str> = Format::of_schemas(version).collect();
    let documents = [version.document_type()];
    out.push_str("<ows:OperationsMetadata>\n");
    let edits = if editing { version.edit_operations() } else { &[] };
    for name in version.operations().iter().chain(edits) {
        // A Transaction is a document, but for a form of old that nobody is invited to.
        let get = match *name {
            "Transaction" | "CreateStoredQuery" => String::new(),
            _ => format!("<ows:Get xlink:href=\"{href}\"/>"),
        };
        let _ = writeln!(
            out,
            "<ows:Operation name=\"{name}\"><ows:DCP><ows:HTTP>{get}\
             <ows:Post xlink:href=\"{href}\"/></ows:HTTP></ows:DCP>"
        );
        let parameters: Vec<Domain<'_>> = match *name {
            "GetCapabilities" => {
                vec![("AcceptVersions", &VERSIONS), ("AcceptFormats", &documents), ("Sections", &SECTIONS)]
            }
            "DescribeFeatureType" => vec![("outputFormat", &gml)],
            "GetFeature" => vec![("resultType", &["results", "hits"]), ("outputFormat", &formats)],
            "Transaction" => vec![
                ("inputFormat", &gml),
                ("idgen", if version == Version::V110 { &ID_RULES } else { &[] }),
                ("releaseAction", &ALL_SOME),
            ],
            "CreateStoredQuery" => vec![("language", &[LANGUAGE])],
            "LockFeature" => vec![("lockAction", &ALL_SOME)],
            "GetFeatureWithLock" => {
                vec![("resultType", &["results"]), ("outputFormat", &gml), ("lockAction", &ALL_SOME)]
            }
            "GetPropertyValue" => vec![("resultType", &["results", "hits"]), ("outputFormat", &gml)],
            _ => Vec::new(),
        };
        for (parameter, values) in parameters.into_iter().filter(|(_, values)| !values.is_empty()) {
            allowed(out, version, parameter, values);
        }
        out.push_str("</ows:Operation>\n");
    }
    if version == Version::V200 {
        common_200(out, editing);
        inspire::extended(out, call, layers);
    }
    out.push_str("</ows:OperationsMetadata>\n");
}

/// Parameters of all operations, and conformance (OGC 09-025r2 clauses 8.3.3 and 8.3.5.3), of which WFS 1.1
/// knows nothing.
fn common_200(out: &mut String, editing: bool) {
    allowed(out, Version::V200, "version", &["2.0.0", "2.0.2"]);
    out.push_str("<ows:Parameter name=\"srsName\"><ows:AnyValue/></ows:Parameter>\n");
    allowed(out, Version::V200, "resolve", &["none", "local"]);
    for (class, always) in CLASSES {
        let yes = always || (editing && EDITING.contains(&class));
        constraint(out, "ows", class, if yes { "TRUE" } else { "FALSE" });
    }
    out.push_str(
        "<ows:Constraint name=\"QueryExpressions\"><ows:AllowedValues><ows:Value>wfs:Query</ows:Value>\
         <ows:Value>wfs:StoredQuery</ows:Value></ows:AllowedValues></ows:Constraint>\n",
    );
}

/// A parameter and its values, which OWS Common 1.1 has an element around.
fn allowed(out: &mut String, version: Version, name: &str, values: &[&str]) {
    let around = match version {
        Version::V200 => ["<ows:AllowedValues>", "</ows:AllowedValues>"],
        Version::V110 | Version::V100 => [""; 2],
    };
    let _ = write!(out, "<ows:Parameter name=\"{name}\">{}", around[0]);
    for value in values {
        let _ = write!(out, "<ows:Value>{}</ows:Value>", escape(*value));
    }
    let _ = writeln!(out, "{}</ows:Parameter>", around[1]);
}

fn constraint(out: &mut String, prefix: &str, name: &str, value: &str) {
    // The filter's schema has its own element of the same OWS type.
    let _ = writeln!(
        out,
        "<{prefix}:Constraint name=\"{name}\"><ows:NoValues/><ows:DefaultValue>{value}</ows:DefaultValue></{prefix}:Constraint>"
    );
}

/// Whether a layer's features can be edited by this caller, or by one who brings a token.
fn offers_editing(call: &Call, layer: &Layer) -> bool {
    let denied = call.may_edit_features(layer).err();
    denied.is_none_or(|denied| matches!(denied, EditDenied::NoToken | EditDenied::BadToken(_)))
}

/// What can be done with features of a type (OGC 04-094 clause 13.4.4): QGIS edits what is listed here.
fn type_operations(out: &mut String, editing: bool) {
    out.push_str("<wfs:Operations>");
    for operation in if editing { TYPE_OPERATIONS.as_slice() } else { &["Query"] } {
        let _ = write!(out, "<wfs:Operation>{operation}</wfs:Operation>");
    }
    out.push_str("</wfs:Operations>\n");
}

fn feature_type(out: &mut String, call: &Call, version: Version, layer: &Layer) {
    let system = match version {
        Version::V200 => "CRS",
        Version::V110 | Version::V100 => "SRS",
    };
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
    let _ = writeln!(out, "<wfs:Default{system}>{}</wfs:Default{system}>", layer.crs.urn());
    for crs in OTHER_CRS.into_iter().filter(|s| *s != layer.crs.srid).filter_map(|s| Crs::from_epsg(s).ok()) {
        let _ = writeln!(out, "<wfs:Other{system}>{}</wfs:Other{system}>", crs.urn());
    }
    if version == Version::V110 {
        type_operations(out, offers_editing(call, layer));
    }
    out.push_str("<wfs:OutputFormats>");
    for format in Format::names(version) {
        let _ = write!(out, "<wfs:Format>{}</wfs:Format>", escape(format));
    }
    out.push_str("</wfs:OutputFormats>\n");
    // WFS 1.1 demands a box, even of a type that has no features yet.
    let unknown = (version != Version::V200).then(|| BBox::new(-180.0, -90.0, 180.0, 90.0));
    if let Some(b) = layer.extent_lonlat.or(unknown) {
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
    let record = escape(&record);
    let _ = match version {
        Version::V200 => writeln!(out, "<wfs:MetadataURL xlink:href=\"{record}\"/>"),
        Version::V110 | Version::V100 => {
            writeln!(out, "<wfs:MetadataURL type=\"19139\" format=\"text/xml\">{record}</wfs:MetadataURL>")
        }
    };
    out.push_str("</wfs:FeatureType>\n");
}
