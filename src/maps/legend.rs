//! Legends of layers.

use super::engine::{MapEngine, MapImage, etag, key};
use super::{MapError, MapStyle};
use crate::model::Layer;
use crate::render::{ImageFormat, Legend, Sheet};
use crate::store::Deadline;
use crate::style::Color;
use bytes::Bytes;
use std::sync::Arc;

/// Height and width of a symbol unless asked otherwise.
const ICON: u32 = 20;

/// A legend to be drawn.
#[derive(Clone, Debug)]
pub struct LegendRequest {
    /// The layer.
    pub layer: Arc<Layer>,
    /// The style.
    pub style: MapStyle,
    /// Only this rule, by name.
    pub rule: Option<String>,
    /// Only rules drawn at this scale denominator.
    pub denominator: Option<f64>,
    /// Width and height of a symbol; 20 × 20 when absent.
    pub icon: Option<(u32, u32)>,
    /// What every length of the style is multiplied with.
    pub scale: f32,
    /// No background where the format allows it.
    pub transparent: bool,
    /// Format of the answer.
    pub format: ImageFormat,
}

impl LegendRequest {
    /// A layer's style in full, as PNG.
    #[must_use]
    pub const fn new(layer: Arc<Layer>, style: MapStyle) -> Self {
        Self {
            layer,
            style,
            rule: None,
            denominator: None,
            icon: None,
            scale: 1.0,
            transparent: false,
            format: ImageFormat::Png,
        }
    }

    fn key(&self) -> String {
        format!(
            "legend|{}@{}/{}|{:?}|{:?}|{:?}|{}|{}|{:?}",
            self.layer.id,
            self.layer.generation,
            self.style.key(),
            self.rule,
            self.denominator.map(f64::to_bits),
            self.icon,
            self.scale.to_bits(),
            self.transparent,
            self.format
        )
    }
}

impl MapEngine {
    /// The ETag of a legend, known before it is drawn.
    #[must_use]
    pub fn legend_etag(request: &LegendRequest) -> String {
        etag(key(&request.key()))
    }

    /// Width and height of a legend in pixels. Shapes text: to be run off the async workers.
    ///
    /// # Errors
    /// [`MapError::Style`].
    pub fn legend_size(&self, request: &LegendRequest) -> Result<(u32, u32), MapError> {
        let style = self.styles.get(&request.layer, &request.style)?;
        Ok(laid_out(request, &style).size())
    }

    /// The legend, from the cache or drawn.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn legend(
        &self,
        request: LegendRequest,
        deadline: Deadline,
    ) -> Result<MapImage, Arc<MapError>> {
        let key = key(&request.key());
        let make = async {
            let style = self.styles.get(&request.layer, &request.style)?;
            let drawn = self.pool.run(deadline, move || {
                let legend = laid_out(&request, &style);
                let (width, height) = legend.size();
                let sheet = Sheet {
                    width,
                    height,
                    background: (!request.transparent).then_some(Color::WHITE),
                    format: request.format,
                    matte: Color::WHITE,
                    place: None,
                    scale: request.scale,
                };
                Ok::<_, MapError>(Bytes::from(sheet.draw(|canvas| legend.paint(canvas))?))
            });
            drawn.await?
        };
        self.kept_or(key, make).await
    }
}

fn laid_out<'a>(request: &LegendRequest, style: &'a crate::style::Style) -> Legend<'a> {
    let side = (ICON as f32 * request.scale).round().clamp(4.0, 400.0) as u32;
    Legend::new(
        style,
        request.layer.geometry,
        request.denominator,
        request.rule.as_deref(),
        request.icon.unwrap_or((side, side)),
        request.scale,
    )
}
