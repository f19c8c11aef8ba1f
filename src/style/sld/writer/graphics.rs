//! Graphics: marks and pictures.

use super::symbolizers::computed;
use super::{Written, Xml};
use crate::style::{Computed, ExternalGraphic, Graphic, Mark, Parameter, Symbol};
use base64::Engine;
use quick_xml::events::{BytesStart, Event};

impl Xml {
    /// `Graphic`, its parameters computed as those of its symbolizer.
    pub(super) fn graphic(&mut self, graphic: &Graphic, own: &[Computed]) -> Written {
        self.symbol("Graphic", |xml| {
            match &graphic.symbol {
                Symbol::Mark(mark) => xml.mark(mark, own)?,
                Symbol::Picture(picture) => xml.picture(picture)?,
            }
            for (name, parameter, fixed, default) in [
                ("Opacity", Parameter::Opacity, graphic.opacity, 1.0),
                ("Size", Parameter::Size, graphic.size, f32::NAN),
                ("Rotation", Parameter::Rotation, graphic.rotation, 0.0),
            ] {
                let computed = computed(own, parameter);
                if computed.is_some() || fixed != default {
                    xml.symbol(name, |xml| xml.value(computed, &fixed.to_string()))?;
                }
            }
            xml.pair("AnchorPoint", graphic.anchor, [0.5, 0.5])?;
            xml.pair("Displacement", graphic.displacement, [0.0, 0.0])
        })
    }

    /// `AnchorPoint` or `Displacement`, unless it is the default.
    pub(super) fn pair(&mut self, name: &str, pair: [f32; 2], default: [f32; 2]) -> Written {
        if pair == default {
            return Ok(());
        }
        self.symbol(name, |xml| {
            xml.symbol_leaf(&format!("{name}X"), &pair[0].to_string())?;
            xml.symbol_leaf(&format!("{name}Y"), &pair[1].to_string())
        })
    }

    fn mark(&mut self, mark: &Mark, own: &[Computed]) -> Written {
        self.symbol("Mark", |xml| {
            xml.symbol_leaf("WellKnownName", &mark.shape.name())?;
            if let Some(fill) = mark.fill {
                xml.fill(fill, own, [Parameter::Fill, Parameter::FillOpacity])?;
            }
            match &mark.stroke {
                Some(stroke) => xml.stroke(stroke, own),
                None => Ok(()),
            }
        })
    }

    /// `ExternalGraphic`, its picture within the document.
    fn picture(&mut self, picture: &ExternalGraphic) -> Written {
        let media = picture.media_type();
        let body = base64::engine::general_purpose::STANDARD.encode(&picture.bytes);
        let href = format!("data:{media};base64,{body}");
        self.symbol("ExternalGraphic", |xml| {
            let name = xml.se("OnlineResource");
            let resource = BytesStart::new(name)
                .with_attributes([("xlink:type", "simple"), ("xlink:href", href.as_str())]);
            xml.out.write_event(Event::Empty(resource))?;
            xml.symbol_leaf("Format", media)
        })
    }
}
