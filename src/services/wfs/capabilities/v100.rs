//! Capabilities of WFS 1.0 (OGC 02-058 clause 12): in the words of its time, before OWS Common.

use super::{TYPE_OPERATIONS, filter, offers_editing, scope_title};
use crate::model::Layer;
use crate::services::edge::Call;
use crate::services::wfs::schema::Prefixes;
use crate::services::wfs::version::Version;
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::sync::Arc;

/// The whole document: there are no sections to choose from.
pub fn document(call: &Call, layers: &[&Arc<Layer>], generation: i64) -> String {
    let url = call.url("/wfs");
    let mut out = String::with_capacity(4096 + layers.len() * 800);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <WFS_Capabilities version=\"1.0.0\" updateSequence=\"{generation}\" \
         xmlns=\"http://www.opengis.net/wfs\" xmlns:ogc=\"http://www.opengis.net/ogc\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} \
         xsi:schemaLocation=\"http://www.opengis.net/wfs {}\">\n",
        Prefixes::of(layers.iter().copied()).declarations(),
        Version::V100.schema(),
    );
    service(&mut out, call, layers, &url);
    capability(&mut out, &url, call.editing());
    out.push_str("<FeatureTypeList>\n");
    type_operations(&mut out, layers.iter().all(|layer| offers_editing(call, layer)));
    for layer in layers {
        feature_type(&mut out, call, layer);
    }
    out.push_str("</FeatureTypeList>\n");
    filter::ogc10(&mut out);
    out.push_str("</WFS_Capabilities>\n");
    out
}

fn service(out: &mut String, call: &Call, layers: &[&Arc<Layer>], url: &str) {
    let title = scope_title(call, layers);
    let _ = write!(
        out,
        "<Service>\n<Name>WFS</Name>\n<Title>{}</Title>\n<Abstract>{}</Abstract>\n<Keywords>WFS, {}</Keywords>\n\
         <OnlineResource>{}</OnlineResource>\n<Fees>NONE</Fees>\n<AccessConstraints>NONE</AccessConstraints>\n\
         </Service>\n",
        escape(&title),
        escape(format!(
            "{} — {title}",
            call.lang.pick("Service de téléchargement d'objets géographiques", "Feature download service")
        )),
        call.lang.pick("données géographiques", "geographic data"),
        escape(url),
    );
}

/// What can be done with features of a type: QGIS edits what is listed here.
fn type_operations(out: &mut String, editing: bool) {
    out.push_str("<Operations>");
    for operation in if editing { TYPE_OPERATIONS.as_slice() } else { &["Query"] } {
        let _ = write!(out, "<{operation}/>");
    }
    out.push_str("</Operations>\n");
}

fn capability(out: &mut String, url: &str, editing: bool) {
    let url = escape(url);
    let places = format!(
        "<DCPType><HTTP><Get onlineResource=\"{url}\"/></HTTP></DCPType>\n\
         <DCPType><HTTP><Post onlineResource=\"{url}\"/></HTTP></DCPType>\n"
    );
    out.push_str("<Capability>\n<Request>\n");
    let edits = if editing { Version::V100.edit_operations() } else { &[] };
    for name in Version::V100.operations().iter().chain(edits) {
        let details = match *name {
            "DescribeFeatureType" => "<SchemaDescriptionLanguage><XMLSCHEMA/></SchemaDescriptionLanguage>\n",
            // The schema of this element knows no other; all formats of later versions are answered as well.
            "GetFeature" | "GetFeatureWithLock" => "<ResultFormat><GML2/></ResultFormat>\n",
            _ => "",
        };
        let _ = write!(out, "<{name}>\n{details}{places}</{name}>\n");
    }
    out.push_str("</Request>\n</Capability>\n");
}

fn feature_type(out: &mut String, call: &Call, layer: &Layer) {
    let _ = write!(
        out,
        "<FeatureType>\n<Name>{}</Name>\n<Title>{}</Title>\n",
        layer.type_name(),
        escape(&layer.title)
    );
    let text = if layer.description.is_empty() { &layer.dataset.description } else { &layer.description };
    if !text.is_empty() {
        let _ = writeln!(out, "<Abstract>{}</Abstract>", escape(text));
    }
    if !layer.dataset.keywords.is_empty() {
        let _ = writeln!(out, "<Keywords>{}</Keywords>", escape(layer.dataset.keywords.join(", ")));
    }
    // The short spelling means x, y in this version.
    let _ = writeln!(out, "<SRS>{}</SRS>", layer.crs.code());
    type_operations(out, offers_editing(call, layer));
    // Whatever its name says, the box is in the type's own system (OGC 02-058 clause 12.3.4).
    if let Some(b) = layer.extent {
        let _ = writeln!(
            out,
            "<LatLongBoundingBox minx=\"{}\" miny=\"{}\" maxx=\"{}\" maxy=\"{}\"/>",
            b.min_x, b.min_y, b.max_x, b.max_y
        );
    }
    let record = format!(
        "{}?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full\
         &outputSchema=http://www.isotc211.org/2005/gmd&id={}",
        call.url("/csw"),
        layer.dataset.record
    );
    let _ = writeln!(
        out,
        "<MetadataURL type=\"TC211\" format=\"XML\">{}</MetadataURL>\n</FeatureType>",
        escape(&record)
    );
}
