-- What edits made of the current version since it was loaded, before another takes its place.
update datasud.layer_version v
set facts = to_jsonb(l)
from datasud.layer l
where l.id = $1 and v.layer_id = l.id and v.table_name = l.table_name
