<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>point</Name>
    <UserStyle>
      <Name>point</Name>
      <FeatureTypeStyle>
        <Rule>
          <PointSymbolizer>
          <Graphic>
          <Mark>
          <WellKnownName>square</WellKnownName>
          <Fill>
          <CssParameter name="fill">#aa3311</CssParameter>
          </Fill>
          </Mark>
          <Size>6</Size>
          </Graphic>
          </PointSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
