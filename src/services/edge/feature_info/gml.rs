//! The answers in GML: 3.2 as WFS 2.0 writes it, and 2.1.2 with a schema of its own.

use super::{Found, InfoError, InfoRequest};
use crate::formats::gml::{self, gml2, gml31};
use crate::geo::{BBox, wkb};
use crate::model::Layer;
use crate::services::edge::Call;
use actix_web::HttpResponse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Prefixes, URIs and layers of the organisations whose features an answer may have.
#[derive(Default)]
struct Spaces<'a> {
    /// Prefix and URI.
    namespaces: BTreeMap<&'a str, &'a str>,
    /// Layers by URI.
    layers: BTreeMap<&'a str, Vec<&'a Arc<Layer>>>,
}

impl<'a> Spaces<'a> {
    fn of(found: &'a [Found]) -> Self {
        let mut spaces = Self::default();
        for Found { layer, .. } in found {
            let organisation = &layer.dataset.organisation;
            spaces.namespaces.insert(&organisation.prefix, &organisation.namespace);
            spaces.layers.entry(&organisation.namespace).or_default().push(layer);
        }
        spaces
    }

    fn prefixes(&self) -> Vec<(String, String)> {
        self.namespaces.iter().map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned())).collect()
    }

    /// URI and address of each schema; `address` ends where the names follow, `name` says what they are.
    fn schemas(&self, address: &str, name: impl Fn(&Layer) -> String) -> Vec<(String, String)> {
        let one = |(uri, layers): (&&str, &Vec<&Arc<Layer>>)| {
            let names: Vec<String> = layers.iter().map(|l| name(l)).collect();
            ((*uri).to_owned(), format!("{address}{}", names.join(",")))
        };
        self.layers.iter().map(one).collect()
    }
}

/// GML 3.1.1 in a collection of WFS 1.1.
pub(super) fn version_311(call: &Call, request: &InfoRequest, found: &[Found]) -> Result<Vec<u8>, InfoError> {
    let spaces = Spaces::of(found);
    let mut schema_locations = vec![(
        "http://www.opengis.net/wfs".to_owned(),
        "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd".to_owned(),
    )];
    let address =
        format!("{}?service=WFS&version=1.1.0&request=DescribeFeatureType&typeName=", call.url("/wfs"));
    schema_locations.extend(spaces.schemas(&address, Layer::type_name));
    let collection = gml31::Collection {
        namespaces: spaces.prefixes(),
        schema_locations,
        time_stamp: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        number_of_features: Some(found.iter().map(|f| f.features.len() as u64).sum()),
    };
    let mut out = Vec::new();
    collection.head(&mut out);
    for Found { layer, features } in found {
        for feature in features {
            let spelling = gml::Spelling::urn(&request.map.crs);
            gml::Members::new(layer, feature.columns(), spelling)
                .in_dialect(gml::Dialect::Gml311)
                .member(feature.reference(&feature.values()), &mut out)
                .map_err(|e| InfoError::Encoding(e.to_string()))?;
        }
    }
    gml31::Collection::end_tag(&mut out);
    Ok(out)
}

/// GML 3.2.1 in a collection of WFS 2.0.
pub(super) fn version_32(call: &Call, request: &InfoRequest, found: &[Found]) -> Result<Vec<u8>, InfoError> {
    let spaces = Spaces::of(found);
    let mut schema_locations = vec![(
        "http://www.opengis.net/wfs/2.0".to_owned(),
        "http://schemas.opengis.net/wfs/2.0/wfs.xsd".to_owned(),
    )];
    let address =
        format!("{}?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames=", call.url("/wfs"));
    schema_locations.extend(spaces.schemas(&address, Layer::type_name));
    let collection = gml::Collection {
        namespaces: spaces.prefixes(),
        schema_locations,
        time_stamp: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        number_returned: found.iter().map(|f| f.features.len() as u64).sum(),
        ..gml::Collection::default()
    };
    let mut out = Vec::new();
    collection.head(&mut out);
    for Found { layer, features } in found {
        for feature in features {
            let spelling = gml::Spelling::urn(&request.map.crs);
            gml::Members::new(layer, feature.columns(), spelling)
                .member(feature.reference(&feature.values()), &mut out)
                .map_err(|e| InfoError::Encoding(e.to_string()))?;
        }
    }
    gml::Collection::end_tag(&mut out);
    Ok(out)
}

/// GML 2.1.2 in a collection of WFS 1.0: the meaning of `application/vnd.ogc.gml` when WMS 1.1.1 named
/// it.
pub(super) fn version_2(call: &Call, request: &InfoRequest, found: &[Found]) -> Result<Vec<u8>, InfoError> {
    let spaces = Spaces::of(found);
    let address =
        format!("{}?service=WMS&version=1.1.1&request=GetFeatureInfoSchema&layers=", call.url("/wms"));
    let mut collection = gml2::Collection::new(&request.map.crs);
    collection.namespaces = spaces.prefixes();
    collection.schema_locations = spaces.schemas(&address, |layer| layer.slug.clone());
    let mut bbox = BBox::EMPTY;
    for ewkb in found.iter().flat_map(|f| &f.features).filter_map(|f| f.geometry()) {
        bbox = bbox.union(&wkb::bbox(ewkb).map_err(|e| InfoError::Encoding(e.to_string()))?);
    }
    let mut out = Vec::new();
    collection.head(&bbox, &mut out);
    for Found { layer, features } in found {
        for feature in features {
            collection
                .member(layer, feature.reference(&feature.values()), &mut out)
                .map_err(|e| InfoError::Encoding(e.to_string()))?;
        }
    }
    gml2::Collection::end_tag(&mut out);
    Ok(out)
}

/// GetFeatureInfoSchema: the schema of what `version_2` answers for layers of one namespace.
#[must_use]
pub fn schema(layers: &[Arc<Layer>]) -> HttpResponse {
    // Images have their values at the point beside their attributes.
    let described = layers.iter().map(|layer| match &layer.coverage {
        Some(coverage) => {
            let mut layer = Layer::clone(layer);
            layer.columns.extend(super::hit::bands(coverage));
            Arc::new(layer)
        }
        None => Arc::clone(layer),
    });
    let layers: Vec<Arc<Layer>> = described.collect();
    let layers: Vec<&Layer> = layers.iter().map(AsRef::as_ref).collect();
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(gml2::schema(&layers))
}
