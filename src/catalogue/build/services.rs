//! Records of the services of an organisation: one for its WMS, its WFS and its CSW, as INSPIRE wants view, download
//! and discovery services described. They exist while the organisation has a public dataset with features.

use super::record::{LANGUAGE, no_limitations};
use super::{RecordContext, links, stamped};
use crate::catalogue::CatalogueError;
use crate::catalogue::record::{
    Citation, Conformance, Contact, Identifier, Kind, LinkKind, Moment, Record, Term,
};
use crate::catalogue::row::Origin;
use crate::geo::BBox;
use crate::store::{Session, StoreError};
use uuid::Uuid;

/// First key of the advisory locks that writers of one organisation's services take.
const LOCK: i32 = 0x6461_7472;

/// A service, as its record tells of it.
struct Service {
    /// Part of the address.
    name: &'static str,
    kind: LinkKind,
    /// In French, before the name of the organisation.
    title: &'static str,
    /// What it is for, in French.
    purpose: &'static str,
    versions: &'static [&'static str],
    operations: &'static [&'static str],
}

const SERVICES: [Service; 3] = [
    Service {
        name: "csw",
        kind: LinkKind::Csw,
        title: "Service de découverte (CSW)",
        purpose: "Catalogue des fiches de métadonnées",
        versions: &["2.0.2", "3.0.0"],
        operations: &["GetCapabilities", "DescribeRecord", "GetRecords", "GetRecordById"],
    },
    Service {
        name: "wfs",
        kind: LinkKind::Wfs,
        title: "Service de téléchargement (WFS)",
        purpose: "Entités géographiques, à interroger et à télécharger",
        versions: &["2.0.0", "1.1.0", "1.0.0"],
        operations: &["GetCapabilities", "DescribeFeatureType", "GetFeature"],
    },
    Service {
        name: "wms",
        kind: LinkKind::Wms,
        title: "Service de consultation (WMS)",
        purpose: "Cartes",
        versions: &["1.3.0", "1.1.1"],
        operations: &["GetCapabilities", "GetMap", "GetFeatureInfo"],
    },
];

/// An organisation and its public datasets.
struct Publisher {
    title: String,
    slug: String,
    email: Option<String>,
    /// Never changes, so that identifiers made from it don't either.
    namespace: String,
    published: Option<Moment>,
    revised: Option<Moment>,
    extent: Option<BBox>,
    data: Vec<Uuid>,
}

/// Writes the records of an organisation's services anew, or takes them away when it has nothing to serve: to be
/// called in the transaction that publishes, changes or removes one of its datasets, after that.
///
/// # Errors
/// The database's.
pub async fn rebuild_services(
    session: &mut Session,
    organisation_id: i64,
    context: &RecordContext,
) -> Result<(), CatalogueError> {
    // Whoever comes second has to see the first one's dataset.
    let key = i32::try_from(organisation_id % i64::from(i32::MAX)).unwrap_or_default();
    session.execute("select pg_advisory_xact_lock($1, $2)", &[&LOCK, &key]).await?;
    let Some(publisher) = read(session, organisation_id).await? else {
        let sql = "delete from datasud.record where organisation_id = $1 and service is not null";
        session.execute(sql, &[&organisation_id]).await?;
        return Ok(());
    };
    for service in &SERVICES {
        let record = record(service, &publisher, context);
        stamped(session, &record, organisation_id, Origin::Service(service.name)).await?;
    }
    Ok(())
}

async fn read(session: &mut Session, organisation_id: i64) -> Result<Option<Publisher>, CatalogueError> {
    let datasets = session
        .query(
            "select d.record, d.slug, d.created, d.updated, o.title, o.slug, o.email, o.namespace,
                    array_agg(l.extent_lonlat[1]), array_agg(l.extent_lonlat[2]),
                    array_agg(l.extent_lonlat[3]), array_agg(l.extent_lonlat[4])
             from datasud.dataset d join datasud.organisation o on o.id = d.organisation_id
             join datasud.layer l on l.dataset_id = d.id and l.archive is null
             where d.organisation_id = $1 and d.visibility = 'public'
             group by d.id, o.id order by d.id",
            &[&organisation_id],
        )
        .await?;
    let mut publisher: Option<Publisher> = None;
    for row in &datasets {
        let get_time = |at: usize| row.try_get(at).map(Moment::instant).map_err(StoreError::from);
        let (created, updated) = (get_time(2)?, get_time(3)?);
        let mut sides = Vec::with_capacity(4);
        for at in 8..12 {
            sides.push(row.try_get::<_, Vec<Option<f64>>>(at).map_err(StoreError::from)?);
        }
        let made = match publisher {
            Some(made) => made,
            None => Publisher {
                title: row.try_get(4).map_err(StoreError::from)?,
                slug: row.try_get(5).map_err(StoreError::from)?,
                email: row.try_get(6).map_err(StoreError::from)?,
                namespace: row.try_get(7).map_err(StoreError::from)?,
                published: None,
                revised: None,
                extent: None,
                data: Vec::new(),
            },
        };
        let mut data = made.data;
        data.push(row.try_get(0).map_err(StoreError::from)?);
        let earliest = made.published.filter(|known| known.start <= created.start).unwrap_or(created);
        let latest = made.revised.filter(|known| known.start >= updated.start).unwrap_or(updated);
        publisher = Some(Publisher {
            published: Some(earliest),
            revised: Some(latest),
            extent: joined(made.extent, &sides),
            data,
            ..made
        });
    }
    Ok(publisher)
}

/// A box with the boxes of layers, whose sides are given side by side.
fn joined(known: Option<BBox>, sides: &[Vec<Option<f64>>]) -> Option<BBox> {
    let [west, south, east, north] = sides else { return known };
    let layers = west.iter().zip(south).zip(east).zip(north);
    let boxes = layers.filter_map(|(((w, s), e), n)| {
        let sides = [(*w)?, (*s)?, (*e)?, (*n)?].map(super::facts::micro);
        Some(BBox::from(sides)).filter(BBox::is_valid)
    });
    known.into_iter().chain(boxes).reduce(|a, b| a.union(&b))
}

fn record(service: &Service, publisher: &Publisher, context: &RecordContext) -> Record {
    let base = &context.public_url;
    let uuid =
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}#{}", publisher.namespace, service.name).as_bytes());
    let address = format!("{base}/org/{}/{}", publisher.slug, service.name);
    let version = service.versions.first().copied().unwrap_or_default();
    let upper = service.name.to_uppercase();
    let capabilities = format!("{address}?SERVICE={upper}&VERSION={version}&REQUEST=GetCapabilities");
    let title = format!("{} : {}", service.title, publisher.title);
    let email = publisher.email.clone().or_else(|| context.contact_email.clone());
    let contact = Contact {
        role: "pointOfContact".to_owned(),
        organisation: Some(publisher.title.clone()),
        email: email.filter(|text| !text.trim().is_empty()),
        ..Contact::default()
    };
    // A catalogue serves records, not the data.
    let data = if service.kind == LinkKind::Csw { &[] } else { publisher.data.as_slice() };
    let count = publisher.data.len();
    let several = if count > 1 { "jeux de données publiés" } else { "jeu de données publié" };
    Record {
        identifier: uuid.to_string(),
        uuid,
        resource: Some(Identifier::uri(address)),
        kind: Kind::Service,
        summary: format!("{} : {count} {several} par {}.", service.purpose, publisher.title),
        language: LANGUAGE.to_owned(),
        contacts: ["pointOfContact", "owner", "publisher"]
            .map(|role| Contact { role: role.to_owned(), ..contact.clone() })
            .to_vec(),
        metadata_contacts: vec![contact],
        published: publisher.published,
        revised: publisher.revised,
        boxes: publisher.extent.into_iter().collect(),
        links: vec![links::link(service.kind, capabilities, service.name, &title)],
        title,
        access: vec![no_limitations()],
        licences: vec![no_conditions()],
        conformity: vec![network_services()],
        service_type: service.kind.service().map(|(_, inspire)| inspire.to_owned()),
        service_versions: service.versions.iter().map(|version| (*version).to_owned()).collect(),
        operations: service.operations.iter().map(|operation| (*operation).to_owned()).collect(),
        operates_on: data.iter().map(|uuid| citation(*uuid, base)).collect(),
        ..Record::default()
    }
}

/// The record of a dataset, by the address that catalogues follow and by the uuid that others look up.
fn citation(uuid: Uuid, base: &str) -> Citation {
    Citation {
        identifier: uuid.to_string(),
        url: Some(format!(
            "{base}/csw?SERVICE=CSW&VERSION=2.0.2&REQUEST=GetRecordById&ID={uuid}&OUTPUTSCHEMA=http%3A%2F%2Fwww.isotc211.org%2F2005%2Fgmd&ELEMENTSETNAME=full"
        )),
        title: None,
        resource: Some(format!("{base}/datasets/{uuid}")),
    }
}

/// The services cost nothing and ask for nothing; what the data ask for stands in their records.
fn no_conditions() -> Term {
    Term::with_uri(
        "Pas de conditions d'accès et d'utilisation",
        "http://inspire.ec.europa.eu/metadata-codelist/ConditionsApplyingToAccessAndUse/noConditionsApply",
    )
}

/// Nobody has measured the services against the regulation, and the record says so.
fn network_services() -> Conformance {
    Conformance {
        title: "RÈGLEMENT (CE) N° 976/2009 DE LA COMMISSION du 19 octobre 2009 portant modalités d'application de la directive 2007/2/CE du Parlement européen et du Conseil en ce qui concerne les services en réseau".to_owned(),
        uri: Some("http://data.europa.eu/eli/reg/2009/976".to_owned()),
        date: "2009-10-20".parse().ok(),
        date_kind: Some("publication".to_owned()),
        explanation: Some("Voir la spécification citée".to_owned()),
        pass: None,
    }
}
