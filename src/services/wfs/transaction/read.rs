//! Transactions in XML: elements into actions (OGC 09-025r2 clause 15.2.3, OGC 04-094 clause 12.2, OGC 02-058
//! clause 11.2). The versions share all but a few names.

use super::error::{Problem, excerpt};
use super::feature;
use super::identity::IdRule;
use super::model::{Action, NewFeature, Transaction, Value, What};
use super::names::{self, Named};
use super::permit;
use crate::filter::ast::Geometry;
use crate::filter::xml::{child, elements, text};
use crate::filter::{Filter, FilterLimits, Reading, fes};
use crate::geo::CrsRef;
use crate::model::Layer;
use crate::publish::Snapshot;
use crate::services::edge::Call;
use crate::services::wfs::error::WfsError;
use crate::services::wfs::plan;
use crate::services::wfs::version::Version;
use crate::services::wfs::xml;
use actix_web::http::StatusCode;
use roxmltree::{Document, Node, ParsingOptions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Elements and attributes of a transaction: more than a body of the largest size is likely to have.
const NODES: u32 = 8_000_000;

/// Levels of elements around a filter, and of a geometry.
const AROUND: usize = 50;

/// Reads transactions of one caller.
pub struct Reader<'a> {
    call: &'a Call,
    snapshot: &'a Snapshot,
    /// The version of the request.
    pub version: Version,
    features: Cell<usize>,
    wanted: RefCell<BTreeMap<String, Wanted>>,
}

/// A layer and the names that features of it are asked for.
type Wanted = (Arc<Layer>, Vec<String>);

/// Where an action stands and what it is told by.
#[derive(Clone, Copy)]
struct Place<'n> {
    handle: Option<&'n str>,
    element: &'static str,
}

impl Place<'_> {
    /// What errors point at: the handle, or else the element (OGC 09-025r2 clause 7.5).
    fn locator(&self) -> &str {
        self.handle.unwrap_or(self.element)
    }
}

impl<'a> Reader<'a> {
    /// A reader of what `call` sent, to be understood by what `snapshot` knows.
    pub fn new(call: &'a Call, snapshot: &'a Snapshot, version: Version) -> Self {
        Self { call, snapshot, version, features: Cell::new(0), wanted: RefCell::default() }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`WfsError`] that names the action, the feature and the property at fault.
    pub fn document(&self, text: &str) -> Result<Transaction, WfsError> {
        let depth = self.limits().depth.saturating_add(AROUND);
        xml::guard_depth(text, depth, "Transaction")?;
        let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options)
            .map_err(|error| WfsError::parsing("Transaction", format!("the XML can't be read: {error}")))?;
        self.transaction(document.root_element())
    }

    /// GML's own properties that features are to have values of and that their layers have no column for.
    pub fn wanted(self) -> Vec<(Arc<Layer>, Vec<String>)> {
        self.wanted.into_inner().into_values().collect()
    }

    fn transaction(&self, root: Node<'_, '_>) -> Result<Transaction, WfsError> {
        let mut transaction = Transaction { release_some: release_some(root)?, ..Transaction::default() };
        transaction.lock_id = root.attribute("lockId").map(|id| id.trim().to_owned());
        if let Some(name) = root.attribute("srsName") {
            CrsRef::parse(name)?;
        }
        for node in elements(root) {
            let handle = node.attribute("handle").map(str::trim).filter(|h| !h.is_empty());
            let place = |element| Place { handle, element };
            match node.tag_name().name() {
                // Some clients write the second form.
                "LockId" | "LockID" => transaction.lock_id = Some(text(node).trim().to_owned()),
                "Insert" => self.insert(node, place("Insert"), &mut transaction.actions)?,
                "Update" => transaction.actions.push(self.update(node, place("Update"))?),
                "Replace" => transaction.actions.push(self.replace(node, place("Replace"))?),
                "Delete" => transaction.actions.push(self.delete(node, place("Delete"))?),
                "Native" => native(node, place("Native"))?,
                other => {
                    let message = format!(
                        "element '{}' is no action of a Transaction; there are Insert, Update, Replace, Delete and Native",
                        excerpt(other)
                    );
                    return Err(WfsError::parsing("Transaction", message));
                }
            }
        }
        transaction.lock_id = transaction.lock_id.filter(|id| !id.is_empty());
        Ok(transaction)
    }

    fn insert(
        &self,
        node: Node<'_, '_>,
        place: Place<'_>,
        actions: &mut Vec<Action>,
    ) -> Result<(), WfsError> {
        self.input_format(node, place)?;
        let rule = IdRule::of(node, place.locator(), self.version)?;
        let mut features = 0_usize;
        for element in feature_elements(node) {
            features += 1;
            let (layer, mut feature) = self.feature(element, place, features)?;
            rule.apply(&layer, &mut feature, place.locator(), features)?;
            match actions.last_mut() {
                Some(Action { handle, layer: same, what: What::Insert(list) })
                    if features > 1 && handle.as_deref() == place.handle && same.slug == layer.slug =>
                {
                    list.push(feature);
                }
                _ => actions.push(Action {
                    handle: place.handle.map(str::to_owned),
                    layer,
                    what: What::Insert(vec![feature]),
                }),
            }
        }
        if features == 0 {
            return Err(Problem::missing(place.locator(), "an Insert needs features"));
        }
        Ok(())
    }

    fn update(&self, node: Node<'_, '_>, place: Place<'_>) -> Result<Action, WfsError> {
        self.input_format(node, place)?;
        let layer = self.named_type(node, place)?;
        let mut values: Vec<(String, Value)> = Vec::new();
        for property in elements(node).filter(|n| n.tag_name().name() == "Property") {
            if let Some((name, value)) = self.property(&layer, property, place)? {
                if values.iter().any(|(known, _)| *known == name) {
                    let message = format!("property '{name}' is given twice");
                    return Err(self.invalid_value(place, message));
                }
                values.push((name, value));
            }
        }
        if values.is_empty() && !elements(node).any(|n| n.tag_name().name() == "Property") {
            return Err(Problem::missing(place.locator(), "an Update needs a Property with its new Value"));
        }
        let filter = self.filter(&layer, node, place)?;
        Ok(Action { handle: place.handle.map(str::to_owned), layer, what: What::Update(values, filter) })
    }

    /// A `Property` of an Update: its name and its new value, which is none when there is no `Value`.
    /// Answers nothing where nothing is to be done.
    fn property(
        &self,
        layer: &Arc<Layer>,
        node: Node<'_, '_>,
        place: Place<'_>,
    ) -> Result<Option<(String, Value)>, WfsError> {
        let reference = child(node, "ValueReference").or_else(|| child(node, "Name"));
        let Some(reference) = reference else {
            let message = "a Property needs a ValueReference, which WFS 1 calls Name";
            return Err(Problem::missing(place.locator(), message));
        };
        let name = text(reference).trim().to_owned();
        let action = reference.attribute("action").or_else(|| node.attribute("action")).unwrap_or("replace");
        let value = match action.to_ascii_lowercase().as_str() {
            "replace" => child(node, "Value"),
            "remove" => None,
            _ => {
                let message = format!(
                    "action '{}' is not possible on '{}', which has one value; use replace or remove",
                    excerpt(action),
                    excerpt(&name)
                );
                return Err(self.invalid_value(place, message));
            }
        };
        match names::of_reference(layer, reference, &name) {
            Named::Geometry => {
                let value = match value {
                    Some(node) => feature::geometry(node, &self.reading(layer, place, node)?)
                        .and_then(|found| {
                            let last = name.rsplit(['/', ':']).next().unwrap_or(&name);
                            found.map(|g| feature::fit_name(layer, last, g)).transpose()
                        })
                        .map_err(|reason| self.wrong_property(place, None, &name, &reason))?,
                    None => None,
                };
                Ok(Some((super::model::GEOMETRY.to_owned(), value.map_or(Value::Null, Value::Geometry))))
            }
            Named::Column(column) => {
                let value = match value {
                    Some(node) => feature::scalar(layer, &column, node)
                        .map_err(|reason| self.wrong_property(place, None, &name, &reason))?,
                    None => Value::Null,
                };
                Ok(self.kept(layer, &column, &value).then_some((column, value)))
            }
            Named::BoundedBy => Err(self.wrong_property(
                place,
                None,
                &name,
                &feature::Reason::Value("it is computed from the geometry and can't be set".to_owned()),
            )),
            Named::Identifier => Err(self.wrong_property(
                place,
                None,
                &name,
                &feature::Reason::Value("the identifier of a feature can't be changed".to_owned()),
            )),
            Named::Unknown => Err(self.unknown_property(layer, place, None, &name)),
        }
    }

    fn replace(&self, node: Node<'_, '_>, place: Place<'_>) -> Result<Action, WfsError> {
        self.input_format(node, place)?;
        let mut features = elements(node).filter(|n| n.tag_name().name() != "Filter");
        let (Some(element), None) = (features.next(), features.next()) else {
            let message = "a Replace needs one feature, and a Filter that finds what it replaces";
            return Err(Problem::missing(place.locator(), message));
        };
        let (layer, feature) = self.feature(element, place, 1)?;
        let Some(filter) = self.filter(&layer, node, place)? else {
            let message = "a Replace needs a Filter that finds the feature to be replaced";
            return Err(Problem::missing(place.locator(), message));
        };
        let handle = place.handle.map(str::to_owned);
        Ok(Action { handle, layer, what: What::Replace(Box::new(feature), filter) })
    }

    fn delete(&self, node: Node<'_, '_>, place: Place<'_>) -> Result<Action, WfsError> {
        let layer = self.named_type(node, place)?;
        let Some(filter) = self.filter(&layer, node, place)? else {
            return Err(Problem::missing(place.locator(), NO_FILTER));
        };
        Ok(Action { handle: place.handle.map(str::to_owned), layer, what: What::Delete(filter) })
    }

    /// The feature of an element, with its layer.
    fn feature(
        &self,
        node: Node<'_, '_>,
        place: Place<'_>,
        position: usize,
    ) -> Result<(Arc<Layer>, NewFeature), WfsError> {
        let most = self.call.app.config.limits.transaction_features;
        self.features.set(self.features.get() + 1);
        if self.features.get() > most {
            let message = format!(
                "a transaction may write {most} features at most (limits.transaction-features); divide it"
            );
            let code = "OperationProcessingFailed";
            return Err(WfsError::new(StatusCode::BAD_REQUEST, code, place.locator(), message));
        }
        let tag = node.tag_name();
        let name = match tag.namespace() {
            Some(uri) if !uri.is_empty() && !names::is_wfs(Some(uri)) => format!("{{{uri}}}{}", tag.name()),
            _ => tag.name().to_owned(),
        };
        let layer = plan::layer(self.call, self.snapshot, &name, &[], "typeName")
            .map_err(|error| Problem::value(self.version, place.locator(), error.message))?;
        permit(self.call, &layer, place.locator())?;
        let mut feature = NewFeature { id: feature::identifier(node), ..NewFeature::default() };
        let mut geometries: Vec<(&str, Geometry)> = Vec::new();
        let who = feature.id.clone().unwrap_or_else(|| format!("number {position}"));
        for property in elements(node) {
            let name = property.tag_name().name();
            let wrong = |reason: feature::Reason| self.wrong_property(place, Some(&who), name, &reason);
            match names::of_element(&layer, property) {
                Named::Geometry => {
                    let reading = self.reading(&layer, place, property)?;
                    if let Some(geometry) = feature::geometry(property, &reading).map_err(wrong)? {
                        geometries.push((name, feature::fit_name(&layer, name, geometry).map_err(wrong)?));
                    }
                }
                Named::Column(column) => {
                    let value = feature::scalar(&layer, &column, property).map_err(wrong)?;
                    if feature.values.iter().any(|(known, _)| *known == column) {
                        return Err(wrong(feature::Reason::twice()));
                    }
                    if self.kept(&layer, &column, &value) {
                        feature.values.push((column, value));
                    }
                }
                // Clients send back what they were given.
                Named::BoundedBy => {}
                Named::Identifier | Named::Unknown => {
                    return Err(self.unknown_property(&layer, place, Some(&who), name));
                }
            }
        }
        let last = geometries.last().map(|(name, _)| *name).unwrap_or_default();
        feature.geometry = feature::one(geometries)
            .map_err(|reason| self.wrong_property(place, Some(&who), last, &reason))?;
        Ok((layer, feature))
    }

    /// Whether a value has a column; one of GML's own that has none is remembered as wanted.
    fn kept(&self, layer: &Arc<Layer>, column: &str, value: &Value) -> bool {
        if layer.column(column).is_some() {
            return true;
        }
        if *value != Value::Null {
            let mut wanted = self.wanted.borrow_mut();
            let (_, columns) =
                wanted.entry(layer.slug.clone()).or_insert_with(|| (Arc::clone(layer), Vec::new()));
            if !columns.iter().any(|known| known == column) {
                columns.push(column.to_owned());
            }
        }
        false
    }

    /// The type that an action names.
    fn named_type(&self, node: Node<'_, '_>, place: Place<'_>) -> Result<Arc<Layer>, WfsError> {
        let name = node.attribute("typeName").or_else(|| node.attribute("typeNames")).unwrap_or_default();
        if name.trim().is_empty() {
            let message = format!("{} needs the attribute typeName", place.element);
            return Err(Problem::missing("typeName", &message));
        }
        let namespaces: Vec<(String, String)> =
            node.namespaces().filter_map(|n| Some((n.name()?.to_owned(), n.uri().to_owned()))).collect();
        let layer = plan::layer(self.call, self.snapshot, name.trim(), &namespaces, "typeName")?;
        permit(self.call, &layer, place.locator())?;
        Ok(layer)
    }

    /// The condition of an action.
    fn filter(
        &self,
        layer: &Arc<Layer>,
        node: Node<'_, '_>,
        place: Place<'_>,
    ) -> Result<Option<Filter>, WfsError> {
        let Some(filter) = child(node, "Filter") else { return Ok(None) };
        let reading = Reading { limits: self.limits(), ..self.reading(layer, place, filter)? };
        fes::parse_as(filter, &reading).map(Some).map_err(|e| plan::filter_error(e, place.locator()))
    }

    fn limits(&self) -> FilterLimits {
        FilterLimits::from(&self.call.app.config.limits)
    }

    /// How the geometries below an element are read: those that name no system are in the one that an
    /// ancestor names, else in the layer's own, in the axis order of the version's spelling of it.
    fn reading(&self, layer: &Arc<Layer>, place: Place<'_>, node: Node<'_, '_>) -> Result<Reading, WfsError> {
        // A geometry is as large as the body may be; only those of filters are compared with others.
        let positions = self.call.app.config.limits.body_bytes;
        let above = node.ancestors().find_map(|n| n.attribute("srsName"));
        let default = match above {
            Some(name) => {
                CrsRef::parse(name).map_err(|e| WfsError::invalid(place.locator(), e.to_string()))?
            }
            None => plan::native(layer, self.version),
        };
        Ok(Reading {
            limits: FilterLimits { positions, ..self.limits() },
            short_means_authority: false,
            default_crs: Some(default),
        })
    }

    /// `inputFormat`: GML alone is understood.
    fn input_format(&self, node: Node<'_, '_>, place: Place<'_>) -> Result<(), WfsError> {
        let Some(format) = node.attribute("inputFormat") else { return Ok(()) };
        let bare: String =
            format.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        let known = bare.contains("gml") || matches!(bare.as_str(), "" | "text/xml" | "application/xml");
        if known {
            return Ok(());
        }
        let message = format!("features are read as GML, not as '{}'", excerpt(format));
        Err(WfsError::invalid(if place.handle.is_some() { place.locator() } else { "inputFormat" }, message))
    }

    fn invalid_value(&self, place: Place<'_>, message: String) -> WfsError {
        Problem::value(self.version, place.locator(), message)
    }

    fn wrong_property(
        &self,
        place: Place<'_>,
        feature: Option<&str>,
        name: &str,
        reason: &feature::Reason,
    ) -> WfsError {
        let of = feature.map_or_else(String::new, |who| format!("feature {}: ", excerpt(who)));
        let message = format!("{of}property '{}': {}", excerpt(name), reason.text());
        match reason {
            feature::Reason::Crs(_) => WfsError::invalid(place.locator(), message),
            feature::Reason::Value(_) => self.invalid_value(place, message),
        }
    }

    fn unknown_property(
        &self,
        layer: &Layer,
        place: Place<'_>,
        feature: Option<&str>,
        name: &str,
    ) -> WfsError {
        let of = feature.map_or_else(String::new, |who| format!("feature {}: ", excerpt(who)));
        let unknown = plan::unknown_property(layer, name, place.locator());
        self.invalid_value(place, format!("{of}{}", unknown.message))
    }
}

/// What a Delete without a condition is told.
pub const NO_FILTER: &str = "a Delete needs a Filter that says which features; nothing was deleted";

/// `releaseAction`.
fn release_some(root: Node<'_, '_>) -> Result<bool, WfsError> {
    some(root.attribute("releaseAction"), "releaseAction")
}

/// Whether `ALL` or `SOME` is meant; all unless said otherwise.
pub fn some(text: Option<&str>, parameter: &str) -> Result<bool, WfsError> {
    match text.map(|t| t.trim().to_ascii_uppercase()).as_deref() {
        None | Some("" | "ALL") => Ok(false),
        Some("SOME") => Ok(true),
        Some(other) => {
            let message = format!("{parameter} is ALL or SOME, not '{}'", excerpt(other));
            Err(WfsError::invalid(parameter, message))
        }
    }
}

/// The features of an Insert: its elements, those of a collection among them one by one.
fn feature_elements<'n, 'i>(node: Node<'n, 'i>) -> Vec<Node<'n, 'i>> {
    let mut features = Vec::new();
    for element in elements(node) {
        let tag = element.tag_name();
        let collection = matches!(tag.name(), "FeatureCollection" | "SimpleFeatureCollection")
            && (names::is_gml(tag.namespace()) || names::is_wfs(tag.namespace()));
        if !collection {
            features.push(element);
            continue;
        }
        let members = elements(element)
            .filter(|n| matches!(n.tag_name().name(), "member" | "featureMember" | "featureMembers"));
        features.extend(members.flat_map(|member| elements(member)));
    }
    features
}

/// Commands of other products aren't run: one that may be left out is, another one is refused (OGC 09-025r2
/// clause 15.2.8).
fn native(node: Node<'_, '_>, place: Place<'_>) -> Result<(), WfsError> {
    if matches!(node.attribute("safeToIgnore").map(str::trim), Some("true" | "1")) {
        return Ok(());
    }
    let vendor = node.attribute("vendorId").unwrap_or_default();
    let message = format!(
        "native commands of '{}' are not understood here, and this one may not be ignored",
        excerpt(vendor)
    );
    Err(WfsError::invalid(place.locator(), message))
}
