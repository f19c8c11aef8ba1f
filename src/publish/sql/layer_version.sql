-- Keeps the facts of the version that is current now, to restore it whole.
insert into datasud.layer_version (layer_id, version, table_name, facts)
select l.id, $2, l.table_name, to_jsonb(l)
from datasud.layer l
where l.id = $1
