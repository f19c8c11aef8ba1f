<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se"
  xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer><se:Name>communes</se:Name><UserStyle><se:FeatureTypeStyle>
    <se:Rule>
      <se:Description><se:Title>Grandes</se:Title></se:Description>
      <ogc:Filter><ogc:PropertyIsGreaterThan><ogc:PropertyName>population</ogc:PropertyName>
        <ogc:Literal>5000</ogc:Literal></ogc:PropertyIsGreaterThan></ogc:Filter>
      <se:MinScaleDenominator>10000</se:MinScaleDenominator>
      <se:MaxScaleDenominator>500000</se:MaxScaleDenominator>
      <se:PolygonSymbolizer>
        <se:Fill><se:SvgParameter name="fill">#d95f0e</se:SvgParameter>
          <se:SvgParameter name="fill-opacity">0.7</se:SvgParameter></se:Fill>
        <se:Stroke><se:SvgParameter name="stroke">#555555</se:SvgParameter>
          <se:SvgParameter name="stroke-width">2</se:SvgParameter>
          <se:SvgParameter name="stroke-linejoin">round</se:SvgParameter>
          <se:SvgParameter name="stroke-dasharray">6 4</se:SvgParameter></se:Stroke>
      </se:PolygonSymbolizer>
    </se:Rule>
    <se:Rule>
      <se:Description><se:Title>Autres</se:Title></se:Description>
      <se:ElseFilter/>
      <se:PolygonSymbolizer><se:Fill><se:SvgParameter name="fill"><se:Categorize fallbackValue="">
        <se:LookupValue><ogc:PropertyName>population</ogc:PropertyName></se:LookupValue>
        <se:Value>#ffffcc</se:Value><se:Threshold>1000</se:Threshold><se:Value>#fd8d3c</se:Value>
      </se:Categorize></se:SvgParameter></se:Fill></se:PolygonSymbolizer>
    </se:Rule>
    <se:Rule>
      <se:Description><se:Title>Centres</se:Title></se:Description>
      <se:PointSymbolizer><se:Graphic><se:Mark><se:WellKnownName>circle</se:WellKnownName>
        <se:Fill><se:SvgParameter name="fill">#112233</se:SvgParameter></se:Fill>
        <se:Stroke><se:SvgParameter name="stroke">#ffffff</se:SvgParameter></se:Stroke></se:Mark>
        <se:Size><ogc:Div><ogc:PropertyName>population</ogc:PropertyName><ogc:Literal>1000</ogc:Literal></ogc:Div></se:Size>
      </se:Graphic></se:PointSymbolizer>
      <se:LineSymbolizer><se:Stroke><se:SvgParameter name="stroke">#0000ff</se:SvgParameter></se:Stroke>
        <se:PerpendicularOffset>4</se:PerpendicularOffset></se:LineSymbolizer>
    </se:Rule>
    <se:Rule>
      <se:Description><se:Title>Noms</se:Title></se:Description>
      <se:MaxScaleDenominator>50000</se:MaxScaleDenominator>
      <se:TextSymbolizer>
        <se:Label><ogc:PropertyName>nom</ogc:PropertyName> !</se:Label>
        <se:Font><se:SvgParameter name="font-family">DejaVu Sans</se:SvgParameter>
          <se:SvgParameter name="font-size">11</se:SvgParameter></se:Font>
        <se:LabelPlacement><se:PointPlacement><se:AnchorPoint><se:AnchorPointX>0.5</se:AnchorPointX>
          <se:AnchorPointY>0</se:AnchorPointY></se:AnchorPoint><se:Displacement><se:DisplacementX>0</se:DisplacementX>
          <se:DisplacementY>5.5</se:DisplacementY></se:Displacement></se:PointPlacement></se:LabelPlacement>
        <se:Halo><se:Radius>1.5</se:Radius></se:Halo>
        <se:Priority><ogc:PropertyName>population</ogc:PropertyName></se:Priority>
      </se:TextSymbolizer>
    </se:Rule>
  </se:FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>
