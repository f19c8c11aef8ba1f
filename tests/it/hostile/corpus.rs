//! Values that no parameter means, ready to stand in an address.

use super::requests::Part;

/// Text as it stands in an address.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// For anything.
const PLAIN: [&str; 40] = [
    "",
    " ",
    "\0",
    "a\0b",
    "'; drop table data.communes; --",
    "\" or 1=1 --",
    "' or '1'='1",
    "\\",
    "\\\\'",
    "$1",
    "$$",
    "%s%n",
    "{0}",
    "${jndi:ldap://x}",
    "<script>alert(7)</script>",
    "\"><img src=x onerror=alert(7)>",
    "]]>",
    "&x;",
    "<!--",
    "<a",
    "NaN",
    "inf",
    "-Infinity",
    "1e999",
    "1e308",
    "-1",
    "0",
    "0.0000000001",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "\u{202e}txet\u{200f}",
    "😀",
    "e\u{301}\u{327}\u{20dd}",
    "../../../../etc/passwd",
    "..",
    ",",
    ",,,,",
];

/// As they are sent: nothing that decodes to text.
const RAW: [&str; 5] = ["%ff%fe", "%c3%28", "%", "%zz", "%4"];

const BOXES: [&str; 16] = [
    "5,44,4,43",
    "NaN,NaN,NaN,NaN",
    "inf,inf,inf,inf",
    "-inf,-inf,inf,inf",
    "1e308,1e308,1e308,1e308",
    "-1e308,-1e308,1e308,1e308",
    "5,43,5,43",
    "1,2,3",
    "1,2,3,4,5,6,7,8,9",
    "0,0,1e-300,1e-300",
    "1e7,1e7,2e7,2e7",
    "-1e20,-1e20,1e20,1e20",
    "-180,-90,180,90",
    "a,b,c,d",
    "43,5,44,6,EPSG:999999",
    "43,5,44,6,urn:ogc:def:crs:EPSG::2154",
];

const NAMES: [&str; 9] = [
    "communes,nope",
    "nope",
    "COMMUNES",
    "wrong:communes",
    "data.communes",
    "communes--",
    "communes,communes",
    "(communes)(routes)",
    "pg_class",
];

const SYSTEMS: [&str; 10] = [
    "EPSG:0",
    "EPSG:-1",
    "EPSG:999999",
    "EPSG:99999999999999999999",
    "EPSG:4979",
    "EPSG:5490",
    "AUTO2:42001,1,0,0",
    "CRS:83",
    "urn:ogc:def:crs:EPSG::",
    "http://www.opengis.net/def/crs/EPSG/0/",
];

const FORMATS: [&str; 6] =
    ["image/gif", "text/html", "text/xml; subtype=gml/9", "application/x", "*/*", "image/png; mode=99bit"];
const VERSIONS: [&str; 5] = ["1.0.0", "9.9.9", "2.0.0.0", "1.3", "x"];
const SIZES: [&str; 5] = ["1", "4097", "100000", "99999999999999999999", "1.5"];
const GRIDS: [&str; 4] = [
    "webmercatorquad",
    "GoogleMapsCompatible",
    "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
    "EPSG:3857",
];
const TIMES: [&str; 6] = [
    "9999-12-31/..",
    "0000-01-01",
    "2024-12-31/2024-01-01",
    "../..",
    "9999-12-31T23:59:59-23:59",
    "2024-01-01/x",
];
const FILTERS: [&str; 10] = [
    "<Filter/>",
    "<Filter><PropertyIsEqualTo><ValueReference>nope</ValueReference><Literal>1</Literal></PropertyIsEqualTo></Filter>",
    "<Filter><PropertyIsEqualTo><ValueReference>fid</ValueReference><Literal>1e999</Literal></PropertyIsEqualTo></Filter>",
    "<Filter><PropertyIsLike wildCard=\"\" singleChar=\"\" escapeChar=\"\"><ValueReference>nom</ValueReference><Literal>'%_\\</Literal></PropertyIsLike></Filter>",
    "<Filter><BBOX><Envelope><lowerCorner>NaN NaN</lowerCorner><upperCorner>1 1</upperCorner></Envelope></BBOX></Filter>",
    "<ogc:Filter xmlns:ogc=\"http://www.opengis.net/ogc\"><ogc:FeatureId fid=\"';--\"/></ogc:Filter>",
    "<ogc:Filter xmlns:ogc=\"http://www.opengis.net/ogc\"><ogc:PropertyIsEqualTo><ogc:Function name=\"pg_sleep\"><ogc:Literal>9</ogc:Literal></ogc:Function><ogc:Literal>1</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>",
    "<Filter xmlns=\"http://www.opengis.net/ogc\"><BBOX><PropertyName>nom</PropertyName><Box xmlns=\"http://www.opengis.net/gml\"><coordinates>1e999,0 NaN,1</coordinates></Box></BBOX></Filter>",
    "<Filter xmlns=\"http://www.opengis.net/ogc\"><Intersects><PropertyName>geom</PropertyName><Polygon xmlns=\"http://www.opengis.net/gml\" srsName=\"';\"><exterior><LinearRing><posList>0 0 1 1</posList></LinearRing></exterior></Polygon></Intersects></Filter>",
    "(<Filter/>)(<Filter/>)(<Filter/>)",
];

/// The values that a part takes: those for anything and those that its name asks for.
pub fn for_part(part: &Part) -> Vec<String> {
    let mut values: Vec<String> = PLAIN.iter().map(|v| encoded(v)).collect();
    values.extend(RAW.map(str::to_owned));
    values.push("a".repeat(20_000));
    values.push("%C3%A9".repeat(2_000));
    let name = part.name().to_ascii_lowercase();
    let own: &[&str] = match name.as_str() {
        "bbox" => &BOXES,
        "layers" | "layer" | "query_layers" | "typenames" | "typename" | "styles" | "style"
        | "propertyname" | "sortby" | "valuereference" | "collection" | "collections" | "resourceid"
        | "featureid" | "recordids" | "elementname" | "id" | "dataset" | "file" | "q" => &NAMES,
        "crs" | "srs" | "srsname" | "bbox-crs" => &SYSTEMS,
        "format" | "info_format" | "infoformat" | "outputformat" | "outputschema" | "f" | "exceptions"
        | "extension" | "ending" => &FORMATS,
        "version" | "acceptversions" => &VERSIONS,
        "width" | "height" | "i" | "j" | "x" | "y" | "count" | "startindex" | "limit" | "offset"
        | "maxrecords" | "startposition" | "feature_count" | "dpi" | "z" | "maxfeatures" | "tilematrix"
        | "tilerow" | "tilecol" | "matrix" | "row" | "col" | "hopcount" => &SIZES,
        "tilematrixset" | "grid" => &GRIDS,
        "datetime" | "time" => &TIMES,
        "filter" | "constraint" => &FILTERS,
        _ => &[],
    };
    values.extend(own.iter().map(|v| encoded(v)));
    values
}
