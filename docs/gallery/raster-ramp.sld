<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld">
  <NamedLayer>
    <Name>relief</Name>
    <UserStyle>
      <FeatureTypeStyle>
        <Rule>
          <RasterSymbolizer>
            <ChannelSelection><GrayChannel><SourceChannelName>1</SourceChannelName></GrayChannel></ChannelSelection>
            <ColorMap>
              <ColorMapEntry color="#2b83ba" quantity="0" label="0 m"/>
              <ColorMapEntry color="#abdda4" quantity="500" label="500 m"/>
              <ColorMapEntry color="#ffffbf" quantity="1000" label="1000 m"/>
              <ColorMapEntry color="#fdae61" quantity="1500" label="1500 m"/>
              <ColorMapEntry color="#d7191c" quantity="2000" label="2000 m"/>
            </ColorMap>
          </RasterSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
