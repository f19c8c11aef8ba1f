-- The layer shows a kept version again, with the facts that it had when it was replaced.
update datasud.layer l
set table_name    = f.table_name,
    geometry      = f.geometry,
    has_z         = f.has_z,
    has_m         = f.has_m,
    srid          = f.srid,
    columns       = f.columns,
    extent        = f.extent,
    extent_lonlat = f.extent_lonlat,
    features      = f.features,
    coverage      = f.coverage,
    archive       = f.archive,
    generation    = nextval('datasud.generation'),
    updated       = now()
from datasud.layer_version v
cross join lateral jsonb_populate_record(null::datasud.layer, v.facts) f
where l.id = $1 and v.layer_id = l.id and v.version = $2
