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
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Description><se:Title>Population</se:Title></se:Description>
          <se:PointSymbolizer>
            <se:Graphic>
              <se:Mark>
                <se:WellKnownName>circle</se:WellKnownName>
                <se:Fill><se:SvgParameter name="fill">#e64a19</se:SvgParameter><se:SvgParameter name="fill-opacity">0.6</se:SvgParameter></se:Fill>
                <se:Stroke><se:SvgParameter name="stroke">#bf360c</se:SvgParameter><se:SvgParameter name="stroke-width">1</se:SvgParameter></se:Stroke>
              </se:Mark>
              <se:Size>
                <se:Interpolate fallbackValue="4">
                  <se:LookupValue><ogc:PropertyName>population</ogc:PropertyName></se:LookupValue>
                  <se:InterpolationPoint><se:Data>0</se:Data><se:Value>4</se:Value></se:InterpolationPoint>
                  <se:InterpolationPoint><se:Data>40000</se:Data><se:Value>44</se:Value></se:InterpolationPoint>
                </se:Interpolate>
              </se:Size>
            </se:Graphic>
          </se:PointSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
