//! Labels.

use super::symbolizers::computed;
use super::{Version, Written, Xml};
use crate::style::{
    Color, Fill, Font, FontStyle, LabelLayout, LabelPart, Parameter, Placement, TextSymbolizer,
};

const BLACK: Fill = Fill { color: Color::BLACK, opacity: 1.0 };

impl Xml {
    pub(super) fn label(&mut self, text: &TextSymbolizer) -> Written {
        let own = text.computed.as_slice();
        self.places(text.at)?;
        self.symbol("Label", |xml| {
            text.label.iter().try_for_each(|part| match part {
                // Line breaks between other characters are layout of the document.
                LabelPart::Text(text) if text.contains('\n') => xml.leaf("ogc:Literal", &[], text),
                LabelPart::Text(text) => xml.text(text),
                LabelPart::Property(name) => xml.leaf("ogc:PropertyName", &[], name),
                LabelPart::Computed(value) => xml.expression(value),
            })
        })?;
        self.font(text)?;
        self.symbol("LabelPlacement", |xml| xml.placement(text))?;
        if let Some(halo) = &text.halo {
            self.symbol("Halo", |xml| {
                let radius = computed(own, Parameter::HaloRadius);
                xml.symbol("Radius", |xml| xml.value(radius, &halo.radius.to_string()))?;
                xml.fill(halo.fill, own, [Parameter::HaloFill, Parameter::HaloOpacity])
            })?;
        }
        let colored = own.iter().any(|c| matches!(c.parameter, Parameter::Fill | Parameter::FillOpacity));
        if colored || text.fill != BLACK {
            self.fill(text.fill, own, [Parameter::Fill, Parameter::FillOpacity])?;
        }
        self.options(&text.layout)
    }

    fn font(&mut self, text: &TextSymbolizer) -> Written {
        let Font { families, size, weight, style } = &text.font;
        self.symbol("Font", |xml| {
            if !families.is_empty() {
                xml.parameter("font-family", None, &families.join(", "))?;
            }
            match style {
                FontStyle::Normal => {}
                FontStyle::Italic => xml.parameter("font-style", None, "italic")?,
                FontStyle::Oblique => xml.parameter("font-style", None, "oblique")?,
            }
            match *weight {
                400.0 => {}
                700.0 => xml.parameter("font-weight", None, "bold")?,
                other => xml.parameter("font-weight", None, &other.to_string())?,
            }
            xml.parameter("font-size", computed(&text.computed, Parameter::FontSize), &size.to_string())
        })
    }

    fn placement(&mut self, text: &TextSymbolizer) -> Written {
        match text.placement {
            Placement::Point { anchor, displacement, rotation } => self.symbol("PointPlacement", |xml| {
                // Written always: programs differ in what they take for the default.
                xml.pair("AnchorPoint", anchor, [f32::NAN; 2])?;
                xml.pair("Displacement", displacement, [0.0, 0.0])?;
                let turn = computed(&text.computed, Parameter::Rotation);
                match (turn, rotation) {
                    (None, 0.0) => Ok(()),
                    (turn, fixed) => xml.symbol("Rotation", |xml| xml.value(turn, &fixed.to_string())),
                }
            }),
            Placement::Line { offset } => self.symbol("LinePlacement", |xml| {
                if offset != 0.0 {
                    xml.symbol_leaf("PerpendicularOffset", &offset.to_string())?;
                }
                if xml.version == Version::V100 {
                    return Ok(());
                }
                if let Some(repeat) = text.layout.repeat {
                    xml.symbol_leaf("IsRepeated", "true")?;
                    if let Some(gap) = repeat.initial_gap {
                        xml.symbol_leaf("InitialGap", &gap.to_string())?;
                    }
                    xml.symbol_leaf("Gap", &repeat.gap.to_string())?;
                }
                if text.layout.aligned { Ok(()) } else { xml.symbol_leaf("IsAligned", "false") }
            }),
        }
    }

    /// `Priority` and the vendor options that differ from what is meant without them.
    fn options(&mut self, layout: &LabelLayout) -> Written {
        if let Some(priority) = &layout.priority {
            self.symbol("Priority", |xml| xml.expression(priority))?;
        }
        let plain = LabelLayout::default();
        for (name, value, default) in [
            ("conflictResolution", layout.conflict, plain.conflict),
            ("group", layout.group, plain.group),
            ("followLine", layout.follow, plain.follow),
            ("forceLeftToRight", layout.upright, plain.upright),
            ("partials", layout.partials, plain.partials),
        ] {
            if value != default {
                self.vendor(name, if value { "true" } else { "false" })?;
            }
        }
        for (name, value, default) in [
            ("spaceAround", layout.room, plain.room),
            ("maxAngleDelta", layout.max_angle, plain.max_angle),
            ("maxDisplacement", layout.max_displacement, plain.max_displacement),
            ("autoWrap", layout.wrap, plain.wrap),
            ("goodnessOfFit", layout.fit, plain.fit),
        ] {
            if value != default {
                self.vendor(name, &value.to_string())?;
            }
        }
        match layout.repeat {
            Some(repeat) if self.version == Version::V100 => self.vendor("repeat", &repeat.gap.to_string()),
            _ => Ok(()),
        }
    }
}
