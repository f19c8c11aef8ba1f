-- The layer shows its new version from the commit on.
update datasud.layer
set position      = $2,
    table_name    = $3,
    geometry      = $4,
    has_z         = $5,
    has_m         = $6,
    srid          = $7,
    columns       = $8,
    extent        = $9,
    extent_lonlat = $10,
    features      = $11,
    title         = coalesce($12, title),
    coverage      = $13,
    archive       = $14,
    generation    = nextval('datasud.generation'),
    updated       = now()
where id = $1
