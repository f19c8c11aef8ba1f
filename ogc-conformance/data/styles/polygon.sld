<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>polygon</Name>
    <UserStyle>
      <Name>polygon</Name>
      <FeatureTypeStyle>
        <Rule>
          <PolygonSymbolizer>
          <Fill>
          <CssParameter name="fill">#88aa66</CssParameter>
          </Fill>
          <Stroke>
          <CssParameter name="stroke">#335522</CssParameter>
          <CssParameter name="stroke-width">1</CssParameter>
          </Stroke>
          </PolygonSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
