<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16" styleCategories="Symbology|Labeling">
  <renderer-v2 type="graduatedSymbol" attr="altitude" graduatedMethod="GraduatedColor" symbollevels="0" enableorderby="0">
    <ranges>
      <range lower="0" upper="700" symbol="0" label="moins de 700 m" render="true"/>
      <range lower="700" upper="1400" symbol="1" label="700 à 1400 m" render="true"/>
      <range lower="1400" upper="3000" symbol="2" label="plus de 1400 m" render="true"/>
    </ranges>
    <symbols>
      <symbol name="0" type="fill" alpha="1">
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <prop k="color" v="237,248,233,255"/>
          <prop k="outline_color" v="120,120,120,255"/>
          <prop k="outline_width" v="0.2"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
        </layer>
      </symbol>
      <symbol name="1" type="fill" alpha="1">
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <prop k="color" v="116,196,118,255"/>
          <prop k="outline_color" v="120,120,120,255"/>
          <prop k="outline_width" v="0.2"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="solid"/>
        </layer>
      </symbol>
      <symbol name="2" type="fill" alpha="1">
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <prop k="color" v="35,139,69,255"/>
          <prop k="outline_color" v="120,120,120,255"/>
          <prop k="outline_width" v="0.2"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="b_diagonal"/>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="altitude || ' m'" isExpression="1" fontFamily="DejaVu Sans" fontSize="8" fontSizeUnit="Point" textColor="30,60,30,255" fontWeight="50" fontItalic="0" textOpacity="1">
        <text-buffer bufferDraw="1" bufferSize="0.5" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1"/>
      </text-style>
      <placement placement="1" dist="0" quadOffset="4" priority="5"/>
      <rendering drawLabels="1" obstacle="1"/>
    </settings>
  </labeling>
</qgis>
