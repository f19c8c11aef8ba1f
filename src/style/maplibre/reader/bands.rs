//! What changes with the zoom: bands of zooms, and the value in the middle of each.

use serde_json::{Value, json};

/// Zooms from one up to, but without, another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    /// The least zoom.
    pub(super) from: f64,
    /// The zoom that is no longer in it.
    pub(super) to: f64,
}

impl Band {
    /// The zoom that speaks for the band: a whole one where there is one.
    pub(super) fn middle(self) -> f64 {
        let middle = f64::midpoint(self.from, self.to);
        let whole = middle.round();
        if whole >= self.from && whole < self.to && self.to - self.from <= 1.0 { whole } else { middle }
    }
}

/// The bands of a layer, by the zooms at which one of its values changes.
pub(super) fn bands(layer: &Value) -> Vec<Band> {
    let limit = |name: &str, default: f64| layer.get(name).and_then(Value::as_f64).unwrap_or(default);
    let (from, to) = (limit("minzoom", 0.0).clamp(0.0, 24.0), limit("maxzoom", 24.0).clamp(0.0, 24.0));
    let mut breaks = Vec::new();
    for part in ["paint", "layout", "filter"] {
        if let Some(part) = layer.get(part) {
            changes(part, &mut breaks);
        }
    }
    breaks.retain(|zoom| *zoom > from && *zoom < to);
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let ends = std::iter::once(from).chain(breaks).chain(std::iter::once(to)).collect::<Vec<_>>();
    ends.iter()
        .zip(ends.iter().skip(1))
        .filter(|(a, b)| a < b)
        .map(|(a, b)| Band { from: *a, to: *b })
        .collect()
}

/// The zooms at which a value changes.
fn changes(value: &Value, breaks: &mut Vec<f64>) {
    match value {
        Value::Array(all) => {
            if let Some(curve) = Curve::of(value) {
                curve.changes(breaks);
            }
            all.iter().for_each(|inner| changes(inner, breaks));
        }
        Value::Object(all) => {
            if let Some(curve) = Curve::of(value) {
                curve.changes(breaks);
            }
            all.values().for_each(|inner| changes(inner, breaks));
        }
        _ => {}
    }
}

/// A function of the zoom: `step`, `interpolate`, or a function with `stops`.
struct Curve<'a> {
    /// Values from each zoom on; the first also below.
    stops: Vec<(f64, &'a Value)>,
    /// What stands below the first stop, of steps.
    below: Option<&'a Value>,
    /// The base of the curve between stops; steps have none.
    base: Option<f64>,
}

impl<'a> Curve<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        if let Some(object) = value.as_object() {
            return Self::of_stops(object);
        }
        let all = value.as_array()?;
        let is_zoom = |v: Option<&Value>| v.is_some_and(|v| *v == json!(["zoom"]));
        let pairs = |from: usize| -> Option<Vec<(f64, &'a Value)>> {
            let rest = all.get(from..)?;
            rest.chunks(2).map(|pair| Some((pair.first()?.as_f64()?, pair.get(1)?))).collect()
        };
        match all.first()?.as_str()? {
            "step" if is_zoom(all.get(1)) => Some(Self { stops: pairs(3)?, below: all.get(2), base: None }),
            "interpolate" | "interpolate-hcl" | "interpolate-lab" if is_zoom(all.get(2)) => {
                let how = all.get(1)?.as_array()?;
                let base = match how.first()?.as_str()? {
                    "exponential" => how.get(1)?.as_f64()?,
                    _ => 1.0,
                };
                Some(Self { stops: pairs(3)?, below: None, base: Some(base) })
            }
            _ => None,
        }
    }

    /// `{"stops": [[zoom, value], …]}` of early versions.
    fn of_stops(object: &'a serde_json::Map<String, Value>) -> Option<Self> {
        if object.contains_key("property") {
            return None;
        }
        let pair = |stop: &'a Value| Some((stop.get(0)?.as_f64()?, stop.get(1)?));
        let stops: Vec<(f64, &Value)> =
            object.get("stops")?.as_array()?.iter().map(pair).collect::<Option<_>>()?;
        let can_run =
            stops.iter().all(|(_, v)| v.is_number() || v.as_str().is_some_and(super::color::is_color));
        let kind = object.get("type").and_then(Value::as_str);
        let is_curve = kind.map_or(can_run, |kind| kind == "exponential");
        let base = is_curve.then(|| object.get("base").and_then(Value::as_f64).unwrap_or(1.0));
        Some(Self { stops, below: None, base })
    }

    fn changes(&self, breaks: &mut Vec<f64>) {
        match (self.base, self.stops.first(), self.stops.last()) {
            (None, ..) => breaks.extend(self.stops.iter().map(|(zoom, _)| *zoom)),
            (Some(_), Some((first, _)), Some((last, _))) => {
                // Half a zoom around each whole one, so that tiles have the exact value.
                let mut at = first.clamp(0.0, 24.0).floor() + 0.5;
                while at < last.clamp(0.0, 24.0) {
                    breaks.push(at);
                    at += 1.0;
                }
            }
            _ => {}
        }
    }

    fn at(&self, zoom: f64) -> Value {
        let above = self.stops.iter().position(|(at, _)| *at > zoom);
        let value = |index: usize| self.stops.get(index).map_or(Value::Null, |(_, v)| (*v).clone());
        match (above, self.base) {
            (Some(0), _) => self.below.cloned().unwrap_or_else(|| value(0)),
            (None, _) => value(self.stops.len().saturating_sub(1)),
            (Some(above), None) => value(above - 1),
            (Some(above), Some(base)) => {
                let at = |index: usize| self.stops.get(index).map_or(0.0, |(at, _)| *at);
                mixed(&value(above - 1), &value(above), share(base, zoom, at(above - 1), at(above)))
            }
        }
    }
}

/// How far between two stops a value is.
pub(super) fn share(base: f64, at: f64, from: f64, to: f64) -> f64 {
    if (base - 1.0).abs() < 1e-9 {
        (at - from) / (to - from)
    } else {
        (base.powf(at - from) - 1.0) / (base.powf(to - from) - 1.0)
    }
}

/// What lies between two values: numbers, colours, lists of numbers; expressions are computed.
fn mixed(a: &Value, b: &Value, share: f64) -> Value {
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return json!(a + (b - a) * share);
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return super::color::mixed(a, b, share).map_or_else(|| json!(a), |color| json!(color));
    }
    if let (Some(first), Some(second)) = (a.as_array(), b.as_array())
        && first.iter().chain(second).all(Value::is_number)
        && first.len() == second.len()
    {
        return first.iter().zip(second).map(|(a, b)| mixed(a, b, share)).collect();
    }
    if share == 0.0 || a == b {
        return a.clone();
    }
    json!(["+", ["*", a, 1.0 - share], ["*", b, share]])
}

/// A value at one zoom: nothing in it changes with the zoom any more.
pub(super) fn fixed(value: &Value, zoom: f64) -> Value {
    if let Some(curve) = Curve::of(value) {
        return fixed(&curve.at(zoom), zoom);
    }
    match value {
        Value::Array(all) if *value == json!(["zoom"]) && all.len() == 1 => json!(zoom),
        Value::Array(all) if all.first().and_then(Value::as_str) == Some("literal") => value.clone(),
        Value::Array(all) => all.iter().map(|inner| fixed(inner, zoom)).collect(),
        Value::Object(all) => {
            Value::Object(all.iter().map(|(name, inner)| (name.clone(), fixed(inner, zoom))).collect())
        }
        _ => value.clone(),
    }
}
