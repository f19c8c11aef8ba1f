insert into datasud.layer
    (dataset_id, position, slug, title, table_name, geometry, has_z, has_m, srid, columns, extent,
     extent_lonlat, features, coverage, archive)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
returning id
