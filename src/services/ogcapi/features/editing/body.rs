//! Features in the body of a request: GeoJSON (RFC 7946), JSON-FG (OGC 21-045) and merge patches (RFC 7396) of
//! them.

use super::shape;
use crate::features::edit::{NewFeature, NewValue};
use crate::filter::ast::Geometry;
use crate::formats::jsonfg;
use crate::geo::CrsRef;
use crate::services::ogcapi::common::Problem;
use crate::services::ogcapi::features::forms::GEOJSON;
use crate::services::ogcapi::features::request::named_crs;
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value};

/// What whole features are taken in, as `Accept-Post` has it.
pub const WHOLE: &str = "application/geo+json, application/vnd.ogc.fg+json, application/json";
/// What changes of features are taken in, as `Accept-Patch` has it (RFC 5789 section 3.1).
pub const PATCH: &str = "application/merge-patch+json, application/geo+json, application/json";

/// What a request changes features to.
pub enum Sent {
    /// One feature.
    One(NewFeature),
    /// Those of a collection.
    Many(Vec<NewFeature>),
}

/// How a body is to be read.
#[derive(Clone)]
pub struct Reading {
    /// System of `geometry`.
    crs: CrsRef,
    /// System of `place` where the body names none; `None` when the body is no JSON-FG.
    place: Option<CrsRef>,
    /// Whether the body itself says what it is.
    is_plain: bool,
}

impl Reading {
    /// By the headers `Content-Type` and `Content-Crs`; `accepted` is [`WHOLE`] or [`PATCH`].
    ///
    /// # Errors
    /// 415, 400 for what is no coordinate reference system.
    pub fn of(http: &HttpRequest, accepted: &str) -> Result<Self, Problem> {
        let text = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let media = text.unwrap_or(GEOJSON).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !accepted.split(", ").any(|known| known == media) {
            let named: String = media.chars().take(60).collect();
            let detail = format!("bodies of type '{named}' can't be read here; send one of: {accepted}");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let lonlat = CrsRef::crs84()?;
        let crs = match http.headers().get("content-crs") {
            None => lonlat.clone(),
            Some(value) => named_crs("Content-Crs", value.to_str().unwrap_or("?"))?,
        };
        let is_fg = media == jsonfg::MEDIA_TYPE;
        // `geometry` of JSON-FG is always in longitude and latitude (OGC 21-045 clause 7.6).
        let place = is_fg.then(|| crs.clone());
        let crs = if is_fg { lonlat } else { crs };
        Ok(Self { crs, place, is_plain: media == "application/json" })
    }

    /// Reads a feature or a collection of features.
    ///
    /// # Errors
    /// 400 for what is no JSON, 422 with the member at fault.
    pub fn whole(mut self, bytes: &[u8]) -> Result<Sent, Problem> {
        let object = object(bytes)?;
        self.look(&object);
        match object.get("type").and_then(Value::as_str) {
            Some("Feature") => self.feature(&object).map(Sent::One),
            Some("FeatureCollection") => {
                let features = object.get("features").and_then(Value::as_array);
                let features = features.filter(|all| !all.is_empty());
                let features = features.ok_or_else(|| {
                    broken("/features", "features must be an array of at least one feature")
                })?;
                let reading = self.placed(&object)?;
                let read = features.iter().enumerate().map(|(index, feature)| {
                    let feature =
                        feature.as_object().ok_or_else(|| broken("", "a feature must be a JSON object"));
                    feature.and_then(|f| reading.feature(f)).map_err(|problem| problem.inside(index))
                });
                read.collect::<Result<_, _>>().map(Sent::Many)
            }
            _ => Err(broken("/type", "type must be Feature, or FeatureCollection for several new features")),
        }
    }

    /// Reads one feature.
    ///
    /// # Errors
    /// As [`Reading::whole`].
    pub fn one(self, bytes: &[u8]) -> Result<NewFeature, Problem> {
        match self.whole(bytes)? {
            Sent::One(feature) => Ok(feature),
            Sent::Many(_) => Err(broken("/type", "type must be Feature: one feature is replaced by one")),
        }
    }

    /// Reads a merge patch of a feature: the properties that get new values, and their values.
    ///
    /// # Errors
    /// As [`Reading::whole`].
    pub fn patch(mut self, bytes: &[u8]) -> Result<Vec<(String, NewValue)>, Problem> {
        let object = object(bytes)?;
        self.look(&object);
        if object.get("type").is_some_and(|kind| kind != "Feature") {
            return Err(broken("/type", "type is Feature and can't be changed"));
        }
        let mut values = match object.get("properties") {
            None => Vec::new(),
            Some(Value::Object(properties)) => values(properties),
            Some(_) => {
                let detail =
                    "properties must be a JSON object: a property that is to have no value is null in it";
                return Err(broken("/properties", detail));
            }
        };
        let reading = self.placed(&object)?;
        let place = reading.place.as_ref().and_then(|crs| Some((object.get("place")?, crs)));
        let geometry = match (place, object.get("geometry")) {
            (Some((place, crs)), _) if !place.is_null() => Some(geometry("place", place, crs)?),
            (_, Some(Value::Null)) => Some(None),
            (_, Some(value)) => Some(geometry("geometry", value, &reading.crs)?),
            (Some(_), None) => Some(None),
            (None, None) => None,
        };
        if let Some(geometry) = geometry {
            values.push(("geom".to_owned(), geometry.map_or(NewValue::Null, NewValue::Geometry)));
        }
        Ok(values)
    }

    /// Takes `application/json` for JSON-FG where the body says so.
    fn look(&mut self, object: &Map<String, Value>) {
        let says = |class: &Value| class.as_str().is_some_and(|c| jsonfg::CONFORMS_TO.contains(&c));
        let classes = object.get("conformsTo").and_then(Value::as_array);
        if self.is_plain && classes.is_some_and(|all| all.iter().any(says)) {
            self.place = Some(self.crs.clone());
            if let Ok(lonlat) = CrsRef::crs84() {
                self.crs = lonlat;
            }
        }
    }

    /// With the system of `place` that a collection or a feature names.
    fn placed(&self, object: &Map<String, Value>) -> Result<Self, Problem> {
        let mut reading = self.clone();
        if reading.place.is_some() {
            match object.get("coordRefSys") {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => {
                    let found = named_crs("coordRefSys", text);
                    reading.place = Some(found.map_err(|p| broken("/coordRefSys", &p.detail))?);
                }
                Some(_) => {
                    let detail = "coordRefSys must be the address of a coordinate reference system";
                    return Err(broken("/coordRefSys", detail));
                }
            }
        }
        Ok(reading)
    }

    fn feature(&self, object: &Map<String, Value>) -> Result<NewFeature, Problem> {
        if object.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(broken("/type", "type must be Feature"));
        }
        // A member left out by mistake must not delete what it stands for.
        let needed = |name: &str| {
            let detail = format!("a feature has a member '{name}', which is null when there is none");
            object.get(name).ok_or_else(|| broken(&format!("/{name}"), &detail))
        };
        let (plain, properties) = (needed("geometry")?, needed("properties")?);
        let values = match properties {
            Value::Null => Vec::new(),
            Value::Object(properties) => values(properties),
            _ => return Err(broken("/properties", "properties must be a JSON object or null")),
        };
        let reading = self.placed(object)?;
        let place = object.get("place").filter(|place| !place.is_null());
        let geometry = match (place, &reading.place) {
            (Some(place), Some(crs)) => geometry("place", place, crs)?,
            _ => geometry("geometry", plain, &reading.crs)?,
        };
        // An identifier in the body counts for nothing: the address or the server gives it (OGC 20-002r1,
        // requirements /req/create-replace-delete/insert-rid and /put-rid).
        Ok(NewFeature { fid: None, values, geometry })
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "the body is not a JSON object")),
        Err(error) => Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}"))),
    }
}

fn values(properties: &Map<String, Value>) -> Vec<(String, NewValue)> {
    let value = |value: &Value| if value.is_null() { NewValue::Null } else { NewValue::Json(value.clone()) };
    properties.iter().map(|(name, json)| (name.clone(), value(json))).collect()
}

fn geometry(member: &str, value: &Value, crs: &CrsRef) -> Result<Option<Geometry>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::Object(object) => shape::read(object, crs)
            .map(Some)
            .map_err(|reason| broken(&format!("/{member}"), &format!("the {member} {reason}"))),
        _ => Err(broken(&format!("/{member}"), &format!("{member} must be a JSON object or null"))),
    }
}

/// A body that is JSON but no feature.
fn broken(member: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_member(member)
}
