//! What every handler is given: the platform and who asks for what part of it.

use super::{Documents, EditDenied, HeadOnly, WrittenDocuments, editing};
use crate::access::Tokens;
use crate::catalogue::Catalogue;
use crate::catalogue::journal::Journal;
use crate::config::{Config, Editing};
use crate::features::edit::EditEngine;
use crate::features::{Exporter, FeatureEngine, History, LockEngine};
use crate::formats::image::Library;
use crate::geo::grid::Grids;
use crate::maps::MapEngine;
use crate::maps::shelf::{Shelf, WhenFull};
use crate::model::{Caller, Editor, Lang, Part, Scope};
use crate::publish::Registry;
use crate::render::DrawingPool;
use crate::store::{Deadline, Store};
use crate::tiles::{ArchiveEngine, TileEngine};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The running platform: configuration, database, what is published. Engines that hold caches or
/// workers are added here as fields.
pub struct App {
    /// Configuration.
    pub config: Arc<Config>,
    /// Database.
    pub store: Store,
    /// What is published.
    pub registry: Registry,
    /// Features.
    pub features: FeatureEngine,
    /// Tokens of those who may edit.
    pub tokens: Tokens,
    /// Changes of features.
    pub editor: EditEngine,
    /// Locks of features.
    pub locks: LockEngine,
    /// Earlier states of features.
    pub history: History,
    /// Files of features that are built on disk.
    pub exporter: Exporter,
    /// Metadata records.
    pub catalogue: Catalogue,
    /// Who harvested them.
    pub journal: Journal,
    /// Drawn maps and legends.
    pub maps: MapEngine,
    /// Vector tiles.
    pub tiles: TileEngine,
    /// Tiles of published archives.
    pub archives: ArchiveEngine,
    /// Grids that tiles are offered in.
    pub grids: Grids,
    /// Where drawing and other CPU-heavy work runs.
    pub pool: DrawingPool,
    /// Documents made of stored facts.
    pub documents: Documents,
    /// What web maps draw symbols with: letters and sprites. Apart, so that nobody's fonts drive capabilities out.
    pub symbols: Documents,
    /// Long documents made of stored facts, sent while they are written.
    pub written: WrittenDocuments,
    /// Where answers are written while rows arrive: the runtime of the connections that they come from.
    pub runtime: Handle,
}

impl App {
    /// Puts the platform together. Engines are made here, once. Must run inside the tokio runtime of the store.
    #[must_use]
    pub fn new(config: Arc<Config>, store: Store, registry: Registry) -> Self {
        let features = FeatureEngine::new(store.clone(), &config.limits);
        let tokens = Tokens::new(store.clone());
        let editor = EditEngine::new(store.clone(), &config.limits).with_witness(Arc::new(registry.clone()));
        let locks = LockEngine::new(store.clone(), &config.limits);
        let history = History::new(store.clone());
        let exporter = Exporter::new(features.clone(), &config);
        let pool = DrawingPool::new(config.limits.drawing_workers, config.limits.drawing_queue);
        let catalogue = Catalogue::new(store.clone()).with_address(&config.public_url());
        let journal = Journal::start(store.clone());
        let shelf = Shelf::of(&config, WhenFull::Evict);
        let maps = MapEngine::new(features.clone(), Library::new(&config.data), pool.clone(), &config.limits)
            .with_shelf(shelf.clone());
        let tiles = TileEngine::new(features.clone(), &config.limits)
            .with_overviews(config.overviews.clone())
            .with_shelf(shelf)
            .with_archives(&config.data);
        // The configuration was checked when it was read.
        let grids = config.grids().unwrap_or_else(|error| {
            tracing::error!(%error, "own tile grids are left out");
            Grids::default()
        });
        let archives = ArchiveEngine::new(&config.data);
        let (documents, symbols) = (Documents::default(), Documents::default());
        let written = WrittenDocuments::default();
        Self {
            config,
            store,
            registry,
            features,
            tokens,
            editor,
            locks,
            history,
            exporter,
            catalogue,
            journal,
            maps,
            tiles,
            archives,
            grids,
            pool,
            documents,
            symbols,
            written,
            runtime: Handle::current(),
        }
    }
}

/// One request's circumstances. A handler takes it as an argument.
#[derive(Clone)]
pub struct Call {
    /// The platform.
    pub app: Arc<App>,
    /// Who asks.
    pub caller: Caller,
    /// Why the token that came with the request opens nothing, where one came.
    pub bad_token: Option<EditDenied>,
    /// Which part of the platform the address shows.
    pub scope: Scope,
    /// Language for people.
    pub lang: Lang,
    /// Whether nobody will read the body of the answer, so that a costly one need not be made.
    pub head_only: bool,
}

impl Call {
    /// Public address of a path in this call's scope: `url("/wms")` is
    /// `https://host/org/crige/wms` behind `/org/crige`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.app.config.public_url(), self.scope.prefix())
    }

    /// When an interactive request's time is over.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.app.config.limits.request())
    }

    /// When a streamed answer's time is over.
    #[must_use]
    pub fn export_deadline(&self) -> Deadline {
        Deadline::after(self.app.config.limits.export())
    }
}

impl FromRequest for Call {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(app) = request.app_data::<web::Data<App>>() else {
            let error = actix_web::error::ErrorInternalServerError("the platform is not ready");
            return Box::pin(ready(Err(error)));
        };
        let part = |name: &str| request.match_info().get(name).map(str::to_owned);
        let scope = match (part("organisation_scope"), part("dataset_scope"), part("part_scope")) {
            (Some(slug), ..) => Scope::Organisation(slug),
            (None, Some(slug), _) => Scope::Dataset(slug),
            (None, None, Some(theme)) => Scope::Part(Part::Theme(theme)),
            (None, None, None) => match request.path().split('/').nth(1) {
                Some("inspire") => Scope::Part(Part::Inspire),
                Some("hvd") => Scope::Part(Part::Hvd),
                _ => Scope::Everything,
            },
        };
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let mut call = Self {
            app: Arc::clone(app),
            caller: match app.config.editing {
                Editing::Open => Caller::Editor(Editor::default()),
                Editing::Off | Editing::Token => Caller::Anonymous,
            },
            bad_token: None,
            scope,
            lang: Lang::from_accept_language(accepted),
            head_only: request.extensions().contains::<HeadOnly>(),
        };
        // Where tokens decide nothing, none is looked at.
        let credentials = request.headers().get(header::AUTHORIZATION).cloned();
        match credentials.filter(|_| call.app.config.editing == Editing::Token) {
            None => Box::pin(ready(Ok(call))),
            Some(credentials) => {
                let request = request.clone();
                Box::pin(async move {
                    match editing::holder(&call.app, &credentials, call.deadline()).await {
                        Ok(Some(editor)) => {
                            // The log says who it was.
                            request.extensions_mut().insert(editor.clone());
                            call.caller = Caller::Editor(editor);
                        }
                        Ok(None) => {}
                        Err(denied) => call.bad_token = Some(denied),
                    }
                    Ok(call)
                })
            }
        }
    }
}
