//! Good requests of every protocol, to be spoiled one part at a time.

use super::Protocol::{self, Json, Ows, Page, Wms};
use super::corpus::encoded;

/// A good request.
pub struct Base {
    /// How its errors look.
    pub protocol: Protocol,
    /// Address; each `{name=value}` is a part of its own.
    pub path: &'static str,
    /// Parameters, not encoded.
    pub query: &'static [(&'static str, &'static str)],
}

/// What is spoiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A parameter by its place.
    Parameter(&'static str),
    /// A part of the path.
    Path(&'static str),
}

impl Part {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Parameter(name) | Self::Path(name) => name,
        }
    }
}

impl Base {
    /// Everything that can be spoiled.
    pub fn parts(&self) -> Vec<Part> {
        let in_path =
            self.path.split('{').skip(1).filter_map(|p| p.split_once('=')).map(|(n, _)| Part::Path(n));
        in_path.chain(self.query.iter().map(|(n, _)| Part::Parameter(n))).collect()
    }

    /// Whether its parameters have names in any case, and its answer doesn't repeat them as they are spelled,
    /// as feeds do.
    pub fn is_key_value(&self) -> bool {
        let feed = self.query.iter().any(|(_, value)| value.contains("atom"));
        matches!(self.protocol, Wms | Ows) && !feed
    }

    /// As it is.
    pub fn url(&self) -> String {
        self.spelled(str::to_owned)
    }

    /// With names of parameters spelled otherwise.
    pub fn spelled(&self, spelling: impl Fn(&str) -> String) -> String {
        let pairs = self.query.iter().map(|(n, v)| format!("{}={}", spelling(n), encoded(v))).collect();
        self.put(None, pairs)
    }

    /// With one part replaced by text that is sent as it is.
    pub fn with(&self, part: &Part, value: &str) -> String {
        let pairs = self.query.iter().map(|(n, v)| {
            if *part == Part::Parameter(n) { format!("{n}={value}") } else { format!("{n}={}", encoded(v)) }
        });
        self.put(Some((part, value)), pairs.collect())
    }

    /// Without one parameter.
    pub fn without(&self, part: &Part) -> String {
        let rest = self.query.iter().filter(|(n, _)| *part != Part::Parameter(n));
        self.put(None, rest.map(|(n, v)| format!("{n}={}", encoded(v))).collect())
    }

    /// With one parameter twice, the second time with nonsense.
    pub fn twice(&self, part: &Part) -> String {
        let mut pairs: Vec<String> = self.query.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
        pairs.push(format!("{}=nonsense", part.name()));
        self.put(None, pairs)
    }

    fn put(&self, replaced: Option<(&Part, &str)>, pairs: Vec<String>) -> String {
        let mut url = String::new();
        for (at, piece) in self.path.split(['{', '}']).enumerate() {
            match piece.split_once('=').filter(|_| at % 2 == 1) {
                None => url.push_str(piece),
                Some((name, value)) => match replaced {
                    Some((Part::Path(part), instead)) if *part == name => url.push_str(instead),
                    _ => url.push_str(value),
                },
            }
        }
        if pairs.is_empty() { url } else { format!("{url}?{}", pairs.join("&")) }
    }
}

/// One of each.
pub const BASES: &[Base] = &[
    Base {
        protocol: Wms,
        path: "/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.3.0"),
            ("REQUEST", "GetMap"),
            ("LAYERS", "equipements,evenements"),
            ("STYLES", "default,"),
            ("CRS", "EPSG:4326"),
            ("BBOX", "43.3,5.3,43.5,5.5"),
            ("WIDTH", "20"),
            ("HEIGHT", "20"),
            ("FORMAT", "image/png"),
            ("TRANSPARENT", "TRUE"),
            ("BGCOLOR", "0xFFFFFF"),
            ("EXCEPTIONS", "XML"),
            ("DPI", "96"),
            ("TIME", ""),
            ("ELEVATION", ""),
            ("FORMAT_OPTIONS", "dpi:96"),
        ],
    },
    Base {
        protocol: Wms,
        path: "/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.1.1"),
            ("REQUEST", "GetMap"),
            ("LAYERS", "communes"),
            ("STYLES", ""),
            ("SRS", "EPSG:2154"),
            ("BBOX", "890000,6240000,900000,6250000"),
            ("WIDTH", "20"),
            ("HEIGHT", "20"),
            ("FORMAT", "image/jpeg"),
        ],
    },
    Base {
        protocol: Wms,
        path: "/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.3.0"),
            ("REQUEST", "GetFeatureInfo"),
            ("LAYERS", "communes"),
            ("QUERY_LAYERS", "communes"),
            ("STYLES", ""),
            ("CRS", "EPSG:3857"),
            ("BBOX", "590000,5360000,690000,5460000"),
            ("WIDTH", "20"),
            ("HEIGHT", "20"),
            ("FORMAT", "image/png"),
            ("I", "10"),
            ("J", "10"),
            ("INFO_FORMAT", "application/json"),
            ("FEATURE_COUNT", "3"),
        ],
    },
    Base {
        protocol: Wms,
        path: "/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.1.1"),
            ("REQUEST", "GetFeatureInfo"),
            ("LAYERS", "communes"),
            ("QUERY_LAYERS", "communes"),
            ("STYLES", ""),
            ("SRS", "EPSG:4326"),
            ("BBOX", "5,43,6,44"),
            ("WIDTH", "20"),
            ("HEIGHT", "20"),
            ("X", "10"),
            ("Y", "10"),
            ("INFO_FORMAT", "text/html"),
        ],
    },
    Base {
        protocol: Wms,
        path: "/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.3.0"),
            ("REQUEST", "GetLegendGraphic"),
            ("LAYER", "communes"),
            ("STYLE", "default"),
            ("FORMAT", "image/png"),
            ("WIDTH", "20"),
            ("HEIGHT", "20"),
            ("SCALE", "10000"),
            ("RULE", ""),
            ("LANGUAGE", "fr"),
        ],
    },
    Base {
        protocol: Wms,
        path: "/dataset/{dataset=routes}/wms",
        query: &[
            ("SERVICE", "WMS"),
            ("VERSION", "1.1.1"),
            ("REQUEST", "GetCapabilities"),
            ("UPDATESEQUENCE", ""),
            ("FORMAT", "text/xml"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/dataset/{dataset=routes}/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("ACCEPTVERSIONS", "2.0.0"),
            ("REQUEST", "GetCapabilities"),
            ("SECTIONS", "ServiceIdentification"),
            ("UPDATESEQUENCE", ""),
            ("ACCEPTFORMATS", "text/xml"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "GetFeature"),
            ("TYPENAMES", "equipements"),
            ("COUNT", "2"),
            ("STARTINDEX", "1"),
            ("SRSNAME", "EPSG:3857"),
            ("BBOX", "5.3,43.3,5.8,43.6,EPSG:4326"),
            ("PROPERTYNAME", "nom"),
            ("SORTBY", "nom DESC"),
            ("OUTPUTFORMAT", "application/gml+xml; version=3.2"),
            ("RESULTTYPE", "results"),
            ("NAMESPACES", ""),
            ("RESOLVE", "none"),
            ("ALIASES", ""),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "GetFeature"),
            ("TYPENAME", "equipements"),
            ("COUNT", "2"),
            ("OUTPUTFORMAT", "application/json"),
            (
                "FILTER",
                "<Filter><PropertyIsNull><ValueReference>nom</ValueReference></PropertyIsNull></Filter>",
            ),
            ("FILTER_LANGUAGE", "urn:ogc:def:queryLanguage:OGC-FES:Filter"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "GetFeature"),
            ("TYPENAMES", "equipements"),
            ("RESOURCEID", "equipements.1"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "GetFeature"),
            ("STOREDQUERY_ID", "urn:ogc:def:query:OGC-WFS::GetFeatureById"),
            ("ID", "equipements.1"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "GetPropertyValue"),
            ("TYPENAMES", "evenements"),
            ("VALUEREFERENCE", "tarif"),
            ("COUNT", "2"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "DescribeFeatureType"),
            ("TYPENAMES", "evenements"),
            ("OUTPUTFORMAT", "application/gml+xml; version=3.2"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/wfs",
        query: &[
            ("SERVICE", "WFS"),
            ("VERSION", "2.0.0"),
            ("REQUEST", "DescribeStoredQueries"),
            ("STOREDQUERY_ID", "urn:ogc:def:query:OGC-WFS::GetFeatureById"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/csw",
        query: &[
            ("SERVICE", "CSW"),
            ("VERSION", "2.0.2"),
            ("REQUEST", "GetRecords"),
            ("TYPENAMES", "csw:Record"),
            ("RESULTTYPE", "results"),
            ("ELEMENTSETNAME", "summary"),
            ("OUTPUTSCHEMA", "http://www.opengis.net/cat/csw/2.0.2"),
            ("OUTPUTFORMAT", "application/xml"),
            ("STARTPOSITION", "1"),
            ("MAXRECORDS", "2"),
            ("SORTBY", "dc:title:A"),
            ("CONSTRAINTLANGUAGE", "FILTER"),
            ("CONSTRAINT_LANGUAGE_VERSION", "1.1.0"),
            (
                "CONSTRAINT",
                "<Filter><PropertyIsLike wildCard=\"*\" singleChar=\"?\" escapeChar=\"!\"><PropertyName>AnyText</PropertyName><Literal>*route*</Literal></PropertyIsLike></Filter>",
            ),
            ("NAMESPACE", "xmlns(csw=http://www.opengis.net/cat/csw/2.0.2)"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/csw",
        query: &[
            ("SERVICE", "CSW"),
            ("VERSION", "2.0.2"),
            ("REQUEST", "GetRecordById"),
            ("ID", "nothing"),
            ("ELEMENTSETNAME", "full"),
            ("OUTPUTSCHEMA", "http://www.isotc211.org/2005/gmd"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/dataset/{dataset=routes}/csw",
        query: &[
            ("SERVICE", "CSW"),
            ("REQUEST", "GetCapabilities"),
            ("ACCEPTVERSIONS", "2.0.2"),
            ("SECTIONS", "All"),
        ],
    },
    Base {
        protocol: Ows,
        path: "/csw",
        query: &[
            ("SERVICE", "CSW"),
            ("VERSION", "2.0.2"),
            ("REQUEST", "DescribeRecord"),
            ("TYPENAME", "csw:Record"),
        ],
    },
    Base { protocol: Json, path: "/dataset/{dataset=routes}/ogc/", query: &[("f", "json")] },
    Base { protocol: Json, path: "/ogc/conformance", query: &[("f", "json")] },
    Base { protocol: Json, path: "/ogc/api", query: &[("f", "json")] },
    Base { protocol: Json, path: "/ogc/collections", query: &[("f", "json")] },
    Base { protocol: Json, path: "/ogc/collections/{collection=evenements}", query: &[("f", "json")] },
    Base {
        protocol: Json,
        path: "/ogc/collections/{collection=evenements}/queryables",
        query: &[("f", "json")],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/{collection=evenements}/sortables",
        query: &[("f", "json"), ("lang", "en")],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/{collection=evenements}/schema",
        query: &[("f", "json"), ("type", "replace")],
    },
    Base { protocol: Json, path: "/ogc/functions", query: &[("f", "json")] },
    Base {
        protocol: Json,
        path: "/ogc/collections/evenements/items",
        query: &[
            ("filter", "places > 100 AND titre LIKE 'M%' OR S_INTERSECTS(geom, POINT(5 43))"),
            ("filter-lang", "cql2-text"),
            ("filter-crs", "http://www.opengis.net/def/crs/EPSG/0/4326"),
            ("sortby", "-titre,places"),
            ("properties", "titre,places"),
            ("q", "marché vière,fête"),
            ("ids", "1,2,3"),
            ("fid", "1"),
            ("skipGeometry", "true"),
            ("lang", "fr"),
        ],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/evenements/items",
        query: &[
            ("filter", "{\"op\":\"=\",\"args\":[{\"property\":\"titre\"},\"x\"]}"),
            ("filter-lang", "cql2-json"),
            ("f", "gml"),
        ],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/evenements/items",
        query: &[("titre", "x"), ("properties", "titre"), ("f", "jsonfg")],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/{collection=evenements}/items",
        query: &[
            ("limit", "2"),
            ("offset", "1"),
            ("bbox", "5,43,6,44"),
            ("bbox-crs", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
            ("crs", "http://www.opengis.net/def/crs/EPSG/0/2154"),
            ("datetime", "2020-01-01/.."),
            ("gratuit", "true"),
            ("titre", "x"),
            ("jour", "2026-06-01"),
            ("f", "json"),
        ],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/evenements/items",
        query: &[("limit", "2"), ("titre", "x"), ("f", "html")],
    },
    Base {
        protocol: Json,
        path: "/ogc/collections/{collection=evenements}/items/{feature=1}",
        query: &[("crs", "http://www.opengis.net/def/crs/EPSG/0/2154"), ("f", "json")],
    },
    Base { protocol: Json, path: "/tiles/{layers=communes,routes}.json", query: &[] },
    Base {
        protocol: Json,
        path: "/tiles/{layers=communes}/{z=9}/{x=264}/{y=187}.{extension=pbf}",
        query: &[("v", "1")],
    },
    Base { protocol: Json, path: "/styles/{layer=communes}/{style=default}.json", query: &[] },
    Base { protocol: Page, path: "/", query: &[("q", "routes"), ("page", "1"), ("lang", "fr")] },
    Base { protocol: Page, path: "/datasets/{dataset=routes}", query: &[("lang", "en")] },
];
