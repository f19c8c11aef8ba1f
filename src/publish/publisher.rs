//! Publishing and removing: each one transaction, after which every node hears of it.

use super::discard;
use super::fit::{self, check_styles};
use super::load::{field, read};
use super::namer::Namer;
use super::overviews::{self, Subject};
use super::plan::Plan;
use super::write::{self, Known};
use super::{
    Existing, Outcome, PublishError, Published, Request, Snapshot, checksum, describe, dimensions, gml,
};
use crate::catalogue::{self, RecordContext};
use crate::config::Config;
use crate::ingest::{self, Finding, IngestError, Loaded, NewImages, ProgressEvent};
use crate::model::{Slug, slugify};
use crate::store::{Session, Store, StoreError};
use chrono::Utc;
use std::path::PathBuf;
use std::sync::Arc;

/// Called with how far loading is.
pub type Progress<'a> = &'a (dyn Fn(ProgressEvent) + Send + Sync);

/// Puts datasets on the platform and takes them off.
#[derive(Clone)]
pub struct Publisher {
    config: Arc<Config>,
    store: Store,
    reader: Option<PathBuf>,
}

impl Publisher {
    /// A publisher on a migrated database.
    #[must_use]
    pub const fn new(config: Arc<Config>, store: Store) -> Self {
        Self { config, store, reader: None }
    }

    /// Names the program that reads files, where it is not the running one.
    #[must_use]
    pub fn with_reader(mut self, program: PathBuf) -> Self {
        self.reader = Some(program);
        self
    }

    /// Loads the files of a request as one dataset and publishes it, or changes nothing at all.
    ///
    /// # Errors
    /// [`PublishError`]; what was published before is still there, unchanged.
    pub async fn publish(&self, request: Request, progress: Progress<'_>) -> Result<Published, PublishError> {
        let plan = Plan::of(&request, &self.config, self.reader.clone())?;
        let request = Arc::new(request);
        let sum = self.checksum(&request).await?;
        let mut transaction = self.store.job().await?.begin().await?;
        let mut new = NewImages::default();
        let session = transaction.session()?;
        let published = match self.in_transaction(session, &request, &plan, &sum, &mut new, progress).await {
            Ok(published) => published,
            Err(error) => {
                // Ended before the refusal is told: who tries again must not wait for this attempt's locks.
                if let Err(failure) = transaction.rollback().await {
                    tracing::debug!(error = %failure, "the transaction went with its connection");
                }
                return Err(error);
            }
        };
        // When the connection breaks at the commit, nobody knows whether it was made: files too many are better than a layer
        // without its images.
        new.keep();
        transaction.commit().await.map_err(overtaken)?;
        if published.outcome == Outcome::Loaded {
            discard::sweep(&self.store, &self.config.data).await;
        }
        Ok(published)
    }

    async fn checksum(&self, request: &Arc<Request>) -> Result<String, PublishError> {
        let (request, config) = (Arc::clone(request), Arc::clone(&self.config));
        let sum = tokio::task::spawn_blocking(move || checksum::of(&request, &config));
        match sum.await {
            Ok(Ok(sum)) => Ok(sum),
            Ok(Err((path, cause))) => Err(PublishError::File { path, cause }),
            Err(stopped) => Err(PublishError::Ingest(IngestError::System {
                what: "reading the files was stopped".to_owned(),
                cause: std::io::Error::other(stopped),
            })),
        }
    }

    async fn in_transaction(
        &self,
        session: &mut Session,
        request: &Request,
        plan: &Plan,
        sum: &str,
        new: &mut NewImages,
        progress: Progress<'_>,
    ) -> Result<Published, PublishError> {
        let started = Utc::now();
        write::lock(session, &plan.slug).await?;
        let known = write::known(session, &plan.slug).await?;
        if let Some(known) = &known {
            match request.existing {
                Existing::Refuse => return Err(PublishError::NameInUse(plan.slug.to_string())),
                Existing::Replace if known.is(sum) && !known.edited => {
                    return unchanged(session, known).await;
                }
                Existing::ReplaceChanged if known.is(sum) => return unchanged(session, known).await,
                Existing::Replace | Existing::ReplaceChanged => {}
            }
        }
        check_owner(plan, known.as_ref())?;
        let (mut loaded, mut notes) =
            self.load(session, request, plan, known.as_ref(), new, progress).await?;
        if loaded.layers.is_empty() {
            return Err(IngestError::refused("no-layer", "the files have no layer to publish").into());
        }
        write::limit_waiting(session).await?;
        let dataset_id = match &known {
            Some(known) => {
                session.turn_of_publisher(known.id).await?;
                write::next_version(session, known, plan, request, sum).await?;
                known.id
            }
            None => self.create(session, request, plan, sum).await?,
        };
        notes.extend(
            write::switch(session, dataset_id, known.as_ref(), &mut loaded, request, plan)
                .await
                .map_err(overtaken)?,
        );
        loaded.report.extend(notes);
        self.overviews(session, dataset_id, &mut loaded).await?;
        if let Some(schema) = &request.gml {
            gml::apply(session, dataset_id, schema, &loaded).await?;
        }
        dimensions::apply(session, dataset_id, request.dimensions.as_deref(), &loaded).await?;
        let mut notes_of_styles = Vec::new();
        let mut snapshot = read(session).await?;
        if request.style.is_none() {
            let unfit = fit::unfit_file_styles(&snapshot, dataset_id, &loaded);
            for (layer_id, layer, finding) in unfit {
                write::reset_style(session, layer_id, layer).await?;
                notes_of_styles.push(finding);
            }
            if !notes_of_styles.is_empty() {
                snapshot = read(session).await?;
            }
        }
        loaded.report.extend(notes_of_styles);
        check_styles(&snapshot, dataset_id, request.style.is_some())?;
        write::run(session, dataset_id, started, request, &loaded).await?;
        if let Some(about) = &request.about {
            describe::fill_in(session, dataset_id, about).await?;
            snapshot = read(session).await?;
        }
        self.rebuild_record(session, dataset_id).await?;
        write::announce(session).await?;
        let (dataset, layers) = summary(&snapshot, dataset_id)?;
        Ok(Published { outcome: Outcome::Loaded, dataset, layers, report: loaded.report })
    }

    /// Makes what stands for large layers at small scales, if that is not left to a server.
    async fn overviews(
        &self,
        session: &mut Session,
        dataset_id: i64,
        loaded: &mut Loaded,
    ) -> Result<(), PublishError> {
        for layer in &loaded.layers {
            let subject = Subject {
                layer_id: write::layer_id(session, dataset_id, &layer.target.slug).await?,
                table: layer.target.table.clone(),
                geometry: layer.geometry,
                columns: layer.columns.clone(),
                crs: Arc::clone(&layer.crs),
                lonlat: layer.extent_lonlat,
                features: layer.features,
                is_raster: layer.coverage.is_some() || layer.archive.is_some(),
                rules: self.config.overviews.of(&layer.target.slug),
            };
            if let Some(rank) = subject.unknown_rank() {
                let said = format!(
                    "the configuration ranks features by '{rank}' at small scales, which is no attribute of numbers \
                     here; area or length decides"
                );
                let finding = Finding::new(ingest::Level::Warning, "overview-rank", said);
                loaded.report.push(finding.in_layer(&layer.target.slug));
            }
            // Otherwise a server sees that they are missing.
            if self.config.overviews.with_publication {
                overviews::make(session, &subject).await?;
            }
        }
        Ok(())
    }

    /// Reads the files into new tables; their slugs are final afterwards.
    async fn load(
        &self,
        session: &mut Session,
        request: &Request,
        plan: &Plan,
        known: Option<&Known>,
        new: &mut NewImages,
        progress: Progress<'_>,
    ) -> Result<(Loaded, Vec<Finding>), PublishError> {
        let mut namer = Namer {
            dataset: plan.slug.clone(),
            chosen: request
                .layer
                .as_deref()
                .map(|name| Slug::spelled(name).unwrap_or_else(|_| slugify(name))),
            only: known.and_then(Known::only_layer),
            taken: write::layers_of_others(session, &plan.slug).await?,
            serial: write::serial(session).await?,
            sources: Vec::new(),
        };
        let mut options = plan.options.clone();
        options.layers = request.layer.iter().cloned().collect();
        let mut outcome = self.read(session, request, &options, &mut namer, new, progress).await;
        if request.layer.is_some() && namer.sources.is_empty() && is_missing(&outcome) {
            // No layer has that name, so it is the name that the only layer gets.
            options.layers.clear();
            outcome = self.read(session, request, &options, &mut namer, new, progress).await;
        }
        let mut loaded = outcome?;
        let (slugs, notes) = namer.assign().map_err(IngestError::from)?;
        settle(&mut loaded, &slugs);
        Ok((loaded, notes))
    }

    async fn read(
        &self,
        session: &mut Session,
        request: &Request,
        options: &ingest::ReadOptions,
        namer: &mut Namer,
        new: &mut NewImages,
        progress: Progress<'_>,
    ) -> Result<Loaded, IngestError> {
        let mut place = |source: &ingest::SourceLayer| namer.place(source);
        let files = &request.files;
        ingest::read_and_load(session, files, options, &self.config, &mut place, new, progress).await
    }

    async fn create(
        &self,
        session: &mut Session,
        request: &Request,
        plan: &Plan,
        sum: &str,
    ) -> Result<i64, PublishError> {
        let (slug, title) = plan.organisation.as_ref().unwrap_or(&plan.default_organisation);
        // The namespace stays for good, so it is made from the address that people know.
        let served = catalogue::served_context(session).await?;
        let address = served.map_or_else(|| self.config.public_url(), |context| context.public_url);
        let schema = request.gml.as_ref();
        let organisation =
            write::organisation(session, slug, title, &address, schema).await.map_err(overtaken)?;
        write::dataset(session, organisation, plan, request, sum).await.map_err(overtaken)
    }

    /// The configuration.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The database.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Writes the record of a dataset as the session's transaction sees it.
    pub(super) async fn rebuild_record(
        &self,
        session: &mut Session,
        dataset_id: i64,
    ) -> Result<(), PublishError> {
        catalogue::rebuild(session, dataset_id, &RecordContext::of(&self.config)).await?;
        let sql = "select organisation_id from datasud.dataset where id = $1";
        let organisation = field(&session.query_one(sql, &[&dataset_id]).await?, "organisation_id")?;
        self.rebuild_services(session, organisation).await
    }

    /// Writes the records of an organisation's services as the session's transaction sees it.
    async fn rebuild_services(&self, session: &mut Session, organisation: i64) -> Result<(), PublishError> {
        let served = catalogue::served_context(session).await?;
        let context = served.unwrap_or_else(|| RecordContext::of(&self.config));
        catalogue::rebuild_services(session, organisation, &context).await?;
        Ok(())
    }

    /// Takes a dataset out of every service and deletes its data.
    ///
    /// # Errors
    /// [`PublishError::UnknownDataset`], or the database's.
    pub async fn remove(&self, dataset: &str) -> Result<(), PublishError> {
        let unknown = || PublishError::UnknownDataset(dataset.chars().take(80).collect());
        let slug = Slug::parse(dataset).map_err(|_| unknown())?;
        let mut transaction = self.store.job().await?.begin().await?;
        let session = transaction.session()?;
        write::lock(session, &slug).await?;
        let Some(known) = write::known(session, &slug).await? else {
            transaction.rollback().await?;
            return Err(unknown());
        };
        write::limit_waiting(session).await?;
        // Edits under way end before, later ones find it gone.
        session.turn_of_publisher(known.id).await?;
        let lock = "select organisation_id from datasud.dataset where id = $1 for update";
        let organisation: i64 = field(&session.query_one(lock, &[&known.id]).await?, "organisation_id")?;
        for layer in &known.layers {
            write::drop_view(session, &layer.slug).await?;
            discard::all_versions(session, layer.id).await?;
        }
        session.execute("delete from datasud.dataset where id = $1", &[&known.id]).await?;
        self.rebuild_services(session, organisation).await?;
        write::announce(session).await?;
        transaction.commit().await?;
        discard::sweep(&self.store, &self.config.data).await;
        Ok(())
    }
}

/// Whether a source was read and has no layer of the name that was wanted.
fn is_missing(outcome: &Result<Loaded, IngestError>) -> bool {
    matches!(outcome, Err(IngestError::Refused(findings)) if findings.iter().any(|f| f.code == "layer-missing"))
}

fn check_owner(plan: &Plan, known: Option<&Known>) -> Result<(), PublishError> {
    match (&plan.organisation, known) {
        (Some((slug, _)), Some(known)) if known.organisation != slug.as_str() => {
            Err(PublishError::Organisation {
                dataset: plan.slug.to_string(),
                owner: known.organisation.clone(),
            })
        }
        _ => Ok(()),
    }
}

async fn unchanged(session: &mut Session, known: &Known) -> Result<Published, PublishError> {
    let (dataset, layers) = summary(&read(session).await?, known.id)?;
    let report = vec![Finding::new(
        ingest::Level::Info,
        "unchanged",
        "these files are published already; nothing was loaded",
    )];
    Ok(Published { outcome: Outcome::Unchanged, dataset, layers, report })
}

fn summary(
    snapshot: &Snapshot,
    dataset_id: i64,
) -> Result<(super::DatasetSummary, Vec<super::LayerSummary>), PublishError> {
    let dataset = snapshot.datasets.values().find(|d| d.id == dataset_id).ok_or(StoreError::Gone)?;
    Ok(snapshot.summary(dataset))
}

/// Gives layers and findings the final slugs.
fn settle(loaded: &mut Loaded, slugs: &[Slug]) {
    for (layer, slug) in loaded.layers.iter_mut().zip(slugs) {
        if layer.target.slug != slug.as_str() {
            for finding in &mut loaded.report {
                if finding.layer.as_deref() == Some(&layer.target.slug) {
                    finding.layer = Some(slug.to_string());
                }
            }
            layer.target.slug = slug.to_string();
        }
    }
}

/// A name that was free at the beginning and is not any more.
fn overtaken<E: Into<PublishError>>(error: E) -> PublishError {
    match error.into() {
        PublishError::Store(StoreError::Duplicate) => PublishError::Overtaken,
        other => other,
    }
}

/// The generation of the next change; also what makes a table's name unique.
pub(super) async fn next_generation(session: &mut Session) -> Result<i64, PublishError> {
    let row = session.query_one("select nextval('datasud.generation') as generation", &[]).await?;
    field(&row, "generation")
}
