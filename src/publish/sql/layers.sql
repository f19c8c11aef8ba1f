-- The facts of all layers, or of the ones named by id.
select l.id, l.dataset_id, l.slug, l.title, l.description, l.table_name, l.geometry, l.has_z, l.has_m,
       l.srid, l.columns, l.extent, l.extent_lonlat, l.features, l.generation, l.updated, l.gml, l.dimensions,
       l.coverage, l.archive,
       (select d.block from datasud.overviewed d where d.table_name = l.table_name) as overview_block,
       (select coalesce(jsonb_agg(jsonb_build_object('table', o.band, 'cell', o.cell, 'complete', o.complete)
               order by o.cell), '[]')
        from datasud.overview o where o.table_name = l.table_name and o.retired is null) as overview_bands,
       coalesce(l.whole_generation, l.generation) as whole_generation,
       places.generations as place_generations, places.min_x as place_min_x, places.min_y as place_min_y,
       places.max_x as place_max_x, places.max_y as place_max_y,
       grid.min_x as grid_min_x, grid.min_y as grid_min_y, grid.side_x as grid_side_x, grid.side_y as grid_side_y,
       grid.columns as grid_columns, grid.rows as grid_rows, grid.cells as grid_cells
from datasud.layer l
left join lateral (
    select array_agg(p.generation) as generations, array_agg(p.min_x) as min_x, array_agg(p.min_y) as min_y,
           array_agg(p.max_x) as max_x, array_agg(p.max_y) as max_y
    from datasud.edited_place p where p.table_name = l.table_name
) places on true
left join datasud.occupancy grid on grid.table_name = l.table_name
where $1::bigint[] is null or l.id = any ($1)
