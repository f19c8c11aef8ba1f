//! Areas, lines and points.

use super::{Version, Written, Xml};
use crate::style::{
    Computed, Expression, Fill, LineCap, LineJoin, LineSymbolizer, Parameter, Places, PointSymbolizer,
    PolygonSymbolizer, Stroke, Symbolizer, Unit,
};

/// The expression that a parameter is computed with.
pub(super) fn computed(all: &[Computed], parameter: Parameter) -> Option<&Expression> {
    all.iter().find(|c| c.parameter == parameter).map(|c| &c.value)
}

impl Xml {
    pub(super) fn symbolizer(&mut self, symbolizer: &Symbolizer) -> Written {
        let name = self.se(match symbolizer {
            Symbolizer::Polygon(_) => "PolygonSymbolizer",
            Symbolizer::Line(_) => "LineSymbolizer",
            Symbolizer::Point(_) => "PointSymbolizer",
            Symbolizer::Text(_) => "TextSymbolizer",
            Symbolizer::Raster(_) => "RasterSymbolizer",
        });
        let unit = match symbolizer.unit() {
            Unit::Pixel => None,
            Unit::Metre => Some("http://www.opengeospatial.org/se/units/metre"),
            Unit::Foot => Some("http://www.opengeospatial.org/se/units/foot"),
        };
        let attributes: Vec<(&str, &str)> = unit.iter().map(|uom| ("uom", *uom)).collect();
        self.element(&name, &attributes, |xml| match symbolizer {
            Symbolizer::Polygon(polygon) => xml.polygon(polygon),
            Symbolizer::Line(line) => xml.line(line),
            Symbolizer::Point(point) => xml.point(point),
            Symbolizer::Text(text) => xml.label(text),
            Symbolizer::Raster(raster) => xml.raster(raster),
        })
    }

    fn polygon(&mut self, polygon: &PolygonSymbolizer) -> Written {
        let own = polygon.computed.as_slice();
        if let Some(pattern) = &polygon.pattern {
            self.symbol("Fill", |xml| xml.symbol("GraphicFill", |xml| xml.graphic(&pattern.graphic, &[])))?;
        } else if let Some(fill) = polygon.fill {
            self.fill(fill, own, [Parameter::Fill, Parameter::FillOpacity])?;
        }
        if let Some(stroke) = &polygon.stroke {
            self.stroke(stroke, own)?;
        }
        if polygon.offset != 0.0 {
            self.symbol_leaf("PerpendicularOffset", &polygon.offset.to_string())?;
        }
        match polygon.pattern.as_ref().map(|p| p.margin).filter(|m| *m != [0.0; 4]) {
            Some(margin) => self.vendor("graphic-margin", &margin.map(|m| m.to_string()).join(" ")),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &LineSymbolizer) -> Written {
        self.stroke(&line.stroke, &line.computed)?;
        let offset = computed(&line.computed, Parameter::PerpendicularOffset);
        match (offset, line.offset) {
            (None, 0.0) => Ok(()),
            (offset, fixed) => {
                self.symbol("PerpendicularOffset", |xml| xml.value(offset, &fixed.to_string()))
            }
        }
    }

    fn point(&mut self, point: &PointSymbolizer) -> Written {
        self.places(point.at)?;
        self.graphic(&point.graphic, &point.computed)
    }

    /// `Geometry` where a function yields points.
    pub(super) fn places(&mut self, at: Places) -> Written {
        let Some((name, _)) = Places::ALL.into_iter().find(|(_, places)| *places == at) else {
            return Ok(());
        };
        if at == Places::Suitable {
            return Ok(());
        }
        self.symbol("Geometry", |xml| {
            xml.element("ogc:Function", &[("name", name)], |xml| {
                xml.leaf("ogc:PropertyName", &[], "geometry")
            })
        })
    }

    /// What a computed parameter is computed with, or else its fixed value.
    pub(super) fn value(&mut self, computed: Option<&Expression>, fixed: &str) -> Written {
        match computed {
            Some(expression) => self.expression(expression),
            None => self.text(fixed),
        }
    }

    /// `CssParameter` or `SvgParameter`, computed or fixed.
    pub(super) fn parameter(&mut self, name: &str, computed: Option<&Expression>, fixed: &str) -> Written {
        let element = match self.version {
            Version::V100 => "CssParameter",
            Version::V110 => "se:SvgParameter",
        };
        self.element(element, &[("name", name)], |xml| xml.value(computed, fixed))
    }

    pub(super) fn fill(&mut self, fill: Fill, own: &[Computed], [color, opacity]: [Parameter; 2]) -> Written {
        self.symbol("Fill", |xml| {
            xml.parameter("fill", computed(own, color), &fill.color.hex())?;
            let opacity = computed(own, opacity);
            match (opacity, fill.opacity) {
                (None, 1.0) => Ok(()),
                (opacity, fixed) => xml.parameter("fill-opacity", opacity, &fixed.to_string()),
            }
        })
    }

    pub(super) fn stroke(&mut self, stroke: &Stroke, own: &[Computed]) -> Written {
        self.symbol("Stroke", |xml| {
            if let Some(along) = &stroke.graphic {
                xml.symbol("GraphicStroke", |xml| {
                    xml.graphic(&along.graphic, &[])?;
                    if along.initial_gap != 0.0 {
                        xml.symbol_leaf("InitialGap", &along.initial_gap.to_string())?;
                    }
                    if along.gap == 0.0 { Ok(()) } else { xml.symbol_leaf("Gap", &along.gap.to_string()) }
                })?;
            }
            xml.parameter("stroke", computed(own, Parameter::Stroke), &stroke.color.hex())?;
            let opacity = computed(own, Parameter::StrokeOpacity);
            if opacity.is_some() || stroke.opacity != 1.0 {
                xml.parameter("stroke-opacity", opacity, &stroke.opacity.to_string())?;
            }
            let width = computed(own, Parameter::StrokeWidth);
            xml.parameter("stroke-width", width, &stroke.width.to_string())?;
            xml.line_style(stroke)
        })
    }

    fn line_style(&mut self, stroke: &Stroke) -> Written {
        let join = match stroke.join {
            LineJoin::Mitre => None,
            LineJoin::Round => Some("round"),
            LineJoin::Bevel => Some("bevel"),
        };
        let cap = match stroke.cap {
            LineCap::Butt => None,
            LineCap::Round => Some("round"),
            LineCap::Square => Some("square"),
        };
        for (name, word) in [("stroke-linejoin", join), ("stroke-linecap", cap)] {
            if let Some(word) = word {
                self.parameter(name, None, word)?;
            }
        }
        if stroke.dashes.is_empty() {
            return Ok(());
        }
        let dashes: Vec<String> = stroke.dashes.iter().map(f32::to_string).collect();
        self.parameter("stroke-dasharray", None, &dashes.join(" "))?;
        match stroke.dash_offset {
            0.0 => Ok(()),
            offset => self.parameter("stroke-dashoffset", None, &offset.to_string()),
        }
    }
}
