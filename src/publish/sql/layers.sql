-- The facts of all layers, or of the ones named by id.
select l.id, l.dataset_id, l.slug, l.title, l.description, l.table_name, l.geometry, l.has_z, l.has_m,
       l.srid, l.columns, l.extent, l.extent_lonlat, l.features, l.generation, l.updated, l.gml, l.dimensions,
       l.coverage, l.archive,
       (select d.block from datasud.overviewed d where d.table_name = l.table_name) as overview_block,
       (select coalesce(jsonb_agg(jsonb_build_object('table', o.band, 'cell', o.cell, 'complete', o.complete)
               order by o.cell), '[]')
        from datasud.overview o where o.table_name = l.table_name and o.retired is null) as overview_bands
from datasud.layer l
where $1::bigint[] is null or l.id = any ($1)
