-- The styles of all layers, or of the ones named by id; the default first.
select s.layer_id, s.id, s.name, s.title, s.sld, s.is_default
from datasud.style s
where $1::bigint[] is null or s.layer_id = any ($1)
order by s.layer_id, s.is_default desc, s.id
