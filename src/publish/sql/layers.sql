-- The facts of all layers, or of the ones named by id.
select l.id, l.dataset_id, l.slug, l.title, l.description, l.table_name, l.geometry, l.has_z, l.has_m,
       l.srid, l.columns, l.extent, l.extent_lonlat, l.features, l.generation, l.updated, l.gml, l.dimensions,
       l.coverage
from datasud.layer l
where $1::bigint[] is null or l.id = any ($1)
