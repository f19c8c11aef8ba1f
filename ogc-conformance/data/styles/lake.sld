<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>lake</Name>
    <UserStyle>
      <Name>lake</Name>
      <FeatureTypeStyle>
        <Rule>
          <PolygonSymbolizer>
          <Fill>
          <CssParameter name="fill">#2266cc</CssParameter>
          </Fill>
          </PolygonSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
