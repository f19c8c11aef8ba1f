<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>relief</Name>
    <UserStyle>
      <FeatureTypeStyle>
        <Rule>
          <RasterSymbolizer>
            <ChannelSelection><GrayChannel><SourceChannelName>1</SourceChannelName></GrayChannel></ChannelSelection>
            <ColorMap type="intervals">
              <ColorMapEntry color="#1a9850" quantity="400" label="Plaine"/>
              <ColorMapEntry color="#fee08b" quantity="1000" label="Collines"/>
              <ColorMapEntry color="#d73027" quantity="3000" label="Montagne"/>
            </ColorMap>
          </RasterSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
