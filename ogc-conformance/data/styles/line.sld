<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>line</Name>
    <UserStyle>
      <Name>line</Name>
      <FeatureTypeStyle>
        <Rule>
          <LineSymbolizer>
          <Stroke>
          <CssParameter name="stroke">#444444</CssParameter>
          <CssParameter name="stroke-width">1</CssParameter>
          </Stroke>
          </LineSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
