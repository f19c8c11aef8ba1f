//! Names of authorities that DCAT-AP wants: languages, file types, themes of the EU's portal.

/// Regulation on high-value datasets, as the ELI names it.
pub(super) const HVD_REGULATION: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
/// The vocabulary of its categories.
pub(super) const HVD_SCHEME: &str = "http://data.europa.eu/bna/asd487ae75";
/// INSPIRE themes as a list.
pub(super) const INSPIRE_SCHEME: &str = "http://inspire.ec.europa.eu/theme";
/// Everything that the Publications Office keeps lists of.
pub(super) const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
/// INSPIRE's code lists.
pub(super) const INSPIRE_CODES: &str = "http://inspire.ec.europa.eu/metadata-codelist";

/// Languages: ISO 639-2 (both kinds), BCP 47, and the code of the Publications Office.
const LANGUAGES: [(&str, &str, &str); 13] = [
    ("fre", "fr", "FRA"),
    ("fra", "fr", "FRA"),
    ("eng", "en", "ENG"),
    ("ger", "de", "DEU"),
    ("deu", "de", "DEU"),
    ("ita", "it", "ITA"),
    ("spa", "es", "SPA"),
    ("cat", "ca", "CAT"),
    ("oci", "oc", "OCI"),
    ("cos", "co", "COS"),
    ("dut", "nl", "NLD"),
    ("nld", "nl", "NLD"),
    ("por", "pt", "POR"),
];

fn language(code: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let code = code.trim().to_ascii_lowercase();
    LANGUAGES.iter().find(|(iso, tag, _)| *iso == code || *tag == code)
}

/// The tag of a language's code.
pub(super) fn language_tag(code: &str) -> Option<&'static str> {
    language(code).map(|(_, tag, _)| *tag)
}

/// The code (ISO 639-2/B) of a language by its code, tag or address.
pub(super) fn language_code(text: &str) -> Option<&'static str> {
    let name = text.rsplit(['/', '#']).next().unwrap_or(text);
    let tag = name.split(['-', '_']).next().unwrap_or(name);
    let by_name = || LANGUAGES.iter().find(|(_, _, name)| name.eq_ignore_ascii_case(tag));
    let (_, tag, _) = language(tag).or_else(by_name)?;
    // The bibliographic code comes first in the list.
    LANGUAGES.iter().find(|(_, other, _)| other == tag).map(|(iso, _, _)| *iso)
}

/// The address of a language.
pub(super) fn language_address(code: &str) -> Option<String> {
    language(code).map(|(_, _, name)| format!("{AUTHORITY}/language/{name}"))
}

/// File types of the Publications Office by names and media types that are in use, folded to small letters.
const FILE_TYPES: [(&str, &[&str]); 17] = [
    ("GEOJSON", &["geojson", "application/geo+json"]),
    ("GML", &["gml", "application/gml+xml"]),
    ("GPKG", &["geopackage", "gpkg", "application/geopackage+sqlite3"]),
    ("SHP", &["shapefile", "shp", "esri shapefile", "application/x-shapefile"]),
    ("KML", &["kml", "application/vnd.google-earth.kml+xml"]),
    ("KMZ", &["kmz", "application/vnd.google-earth.kmz"]),
    ("CSV", &["csv", "text/csv"]),
    ("XLSX", &["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]),
    ("ODS", &["ods", "application/vnd.oasis.opendocument.spreadsheet"]),
    ("JSON", &["json", "application/json", "tilejson", "maplibre style"]),
    ("XML", &["xml", "application/xml", "text/xml"]),
    ("PDF", &["pdf", "application/pdf"]),
    ("ZIP", &["zip", "application/zip"]),
    ("TIFF", &["tiff", "geotiff", "image/tiff"]),
    ("PNG", &["png", "image/png"]),
    ("JPEG", &["jpeg", "jpg", "image/jpeg"]),
    ("HTML", &["html", "text/html"]),
];

/// The file type that a format's name or media type means.
pub(super) fn file_type(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let bare = name.split(';').next().unwrap_or_default().trim();
    FILE_TYPES
        .iter()
        .find(|(_, names)| names.contains(&bare))
        .map(|(code, _)| format!("{AUTHORITY}/file-type/{code}"))
}

/// A name for people of a file type of the Publications Office; the code itself where no other is known.
pub(super) fn format_name(code: &str) -> &str {
    match code {
        "GEOJSON" => "GeoJSON",
        "GPKG" => "GeoPackage",
        "SHP" => "Shapefile",
        code => code,
    }
}

/// A protocol of services: its name in links, its address in the OGC's register, the page of its standard, the file
/// type of the Publications Office.
pub(super) struct Protocol {
    pub(super) name: &'static str,
    pub(super) link: &'static str,
    pub(super) label: &'static str,
    pub(super) register: &'static str,
    pub(super) standard: &'static str,
    pub(super) file_type: Option<&'static str>,
}

const PROTOCOLS: [Protocol; 6] = [
    Protocol {
        name: "wms",
        link: "OGC:WMS",
        label: "WMS",
        register: "http://www.opengis.net/def/serviceType/ogc/wms",
        standard: "http://www.opengeospatial.org/standards/wms",
        file_type: Some("WMS_SRVC"),
    },
    Protocol {
        name: "wfs",
        link: "OGC:WFS",
        label: "WFS",
        register: "http://www.opengis.net/def/serviceType/ogc/wfs",
        standard: "http://www.opengeospatial.org/standards/wfs",
        file_type: Some("WFS_SRVC"),
    },
    Protocol {
        name: "wmts",
        link: "OGC:WMTS",
        label: "WMTS",
        register: "http://www.opengis.net/def/serviceType/ogc/wmts",
        standard: "http://www.opengeospatial.org/standards/wmts",
        file_type: None,
    },
    Protocol {
        name: "wcs",
        link: "OGC:WCS",
        label: "WCS",
        register: "http://www.opengis.net/def/serviceType/ogc/wcs",
        standard: "http://www.opengeospatial.org/standards/wcs",
        file_type: None,
    },
    Protocol {
        name: "csw",
        link: "OGC:CSW",
        label: "CSW",
        register: "http://www.opengis.net/def/serviceType/ogc/csw",
        standard: "http://www.opengeospatial.org/standards/cat",
        file_type: None,
    },
    Protocol {
        name: "ogcapi",
        link: "OGC API - Features",
        label: "OGC API - Features",
        register: "http://www.opengis.net/def/interface/ogcapi-features",
        standard: "http://www.opengis.net/spec/ogcapi-features-1/1.0",
        file_type: None,
    },
];

/// The protocol that a link's protocol or address names.
pub(super) fn protocol(stated: &str, address: &str) -> Option<&'static Protocol> {
    let stated = stated.to_ascii_lowercase();
    let named = |name: &str| {
        stated == format!("ogc:{name}")
            || stated.starts_with(&format!("ogc:{name}-"))
            || stated.ends_with(&format!("/ogc/{name}"))
    };
    let query = address.split_once('?').map(|(_, query)| query.to_ascii_lowercase()).unwrap_or_default();
    PROTOCOLS.iter().find(|p| match p.name {
        "ogcapi" => stated.starts_with("ogc api - features"),
        name => {
            named(name) || stated.is_empty() && query.split('&').any(|pair| pair == format!("service={name}"))
        }
    })
}

/// The protocol whose register, standard or file type an address names.
pub(super) fn protocol_of(address: &str) -> Option<&'static Protocol> {
    let bare = |text: &str| {
        text.trim_start_matches("https://")
            .trim_start_matches("http://")
            .trim_start_matches("www.")
            .to_owned()
    };
    let wanted = bare(address);
    PROTOCOLS.iter().find(|p| {
        let file_type = p.file_type.is_some_and(|code| address == format!("{AUTHORITY}/file-type/{code}"));
        file_type || wanted == bare(p.register) || wanted == bare(p.standard)
    })
}

/// The topic category of ISO that a theme of the EU's portal means best, by its address.
pub(super) fn theme_topic(address: &str) -> Option<&'static str> {
    Some(match address.strip_prefix(AUTHORITY)?.strip_prefix("/data-theme/")? {
        "AGRI" => "farming",
        "ENVI" => "environment",
        "ECON" => "economy",
        "HEAL" => "health",
        "SOCI" => "society",
        "TRAN" => "transportation",
        _ => return None,
    })
}

/// The theme of the EU's portal that a topic category of ISO belongs to, where that is clear: its address and its name.
pub(super) fn data_theme(topic: &str) -> Option<(String, &'static str)> {
    let (code, label) = match topic {
        "farming" => ("AGRI", "Agriculture, pêche, sylviculture et alimentation"),
        "biota" | "climatologyMeteorologyAtmosphere" | "environment" | "inlandWaters" | "oceans" => {
            ("ENVI", "Environnement")
        }
        "boundaries" | "location" | "planningCadastre" | "structure" => ("REGI", "Régions et villes"),
        "economy" => ("ECON", "Économie et finances"),
        "health" => ("HEAL", "Santé"),
        "society" => ("SOCI", "Population et société"),
        "transportation" => ("TRAN", "Transports"),
        "geoscientificInformation" => ("TECH", "Science et technologie"),
        _ => return None,
    };
    Some((format!("{AUTHORITY}/data-theme/{code}"), label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_known_by_what_links_say_or_by_their_address() {
        let name = |stated: &str, address: &str| protocol(stated, address).map(|p| p.name);
        assert_eq!(name("OGC:WMS", ""), Some("wms"));
        assert_eq!(name("OGC:WMTS", ""), Some("wmts"));
        assert_eq!(name("OGC:WMS-1.3.0-http-get-map", ""), Some("wms"));
        assert_eq!(name("http://www.opengis.net/def/serviceType/ogc/wfs", ""), Some("wfs"));
        assert_eq!(name("", "http://h/x?SERVICE=WFS&REQUEST=GetCapabilities"), Some("wfs"));
        assert_eq!(name("OGC API - Features", ""), Some("ogcapi"));
        assert_eq!(name("WWW:DOWNLOAD-1.0-http--download", "http://h/wfs?service=WFS"), None);
    }

    #[test]
    fn formats_and_languages_have_their_addresses() {
        assert!(file_type("GeoPackage").is_some_and(|t| t.ends_with("/file-type/GPKG")));
        assert!(file_type("application/gml+xml; version=3.2").is_some_and(|t| t.ends_with("/GML")));
        assert_eq!(file_type("Mapbox Vector Tile"), None);
        assert_eq!(language_tag("fre"), Some("fr"));
        assert!(language_address("fra").is_some_and(|l| l.ends_with("/language/FRA")));
        assert_eq!(language_tag("zxx"), None);
    }
}
