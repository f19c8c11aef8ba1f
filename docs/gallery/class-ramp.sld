<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>communes</se:Name>
    <UserStyle>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Description><se:Title>Altitude</se:Title></se:Description>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">
                <se:Interpolate fallbackValue="#eeeeee" method="color">
                  <se:LookupValue><ogc:PropertyName>altitude</ogc:PropertyName></se:LookupValue>
                  <se:InterpolationPoint><se:Data>100</se:Data><se:Value>#2b83ba</se:Value></se:InterpolationPoint>
                  <se:InterpolationPoint><se:Data>1000</se:Data><se:Value>#ffffbf</se:Value></se:InterpolationPoint>
                  <se:InterpolationPoint><se:Data>2100</se:Data><se:Value>#d7191c</se:Value></se:InterpolationPoint>
                </se:Interpolate>
              </se:SvgParameter>
            </se:Fill>
            <se:Stroke><se:SvgParameter name="stroke">#ffffff</se:SvgParameter><se:SvgParameter name="stroke-width">0.8</se:SvgParameter></se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
