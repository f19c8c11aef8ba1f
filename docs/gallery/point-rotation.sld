<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>communes</se:Name>
    <UserStyle>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:PolygonSymbolizer>
            <se:Fill><se:SvgParameter name="fill">#f7f3ea</se:SvgParameter></se:Fill>
            <se:Stroke><se:SvgParameter name="stroke">#d8ccb4</se:SvgParameter><se:SvgParameter name="stroke-width">0.8</se:SvgParameter></se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
  <NamedLayer>
    <se:Name>monuments</se:Name>
    <UserStyle>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Description><se:Title>Une direction par siècle</se:Title></se:Description>
          <se:PointSymbolizer>
            <se:Graphic>
              <se:Mark>
                <se:WellKnownName>arrow</se:WellKnownName>
                <se:Fill><se:SvgParameter name="fill">#00695c</se:SvgParameter></se:Fill>
              </se:Mark>
              <se:Size>18</se:Size>
              <se:Rotation>
                <ogc:Mul><ogc:Sub><ogc:PropertyName>siecle</ogc:PropertyName><ogc:Literal>11</ogc:Literal></ogc:Sub><ogc:Literal>40</ogc:Literal></ogc:Mul>
              </se:Rotation>
            </se:Graphic>
          </se:PointSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
