-- A published dataset by slug, locked, and whether anybody edited its data since it was loaded. Who edits
-- while a long load goes on has to know that the dataset stays, which this lock lets them.
select d.id, d.version, d.source_checksum, o.slug as organisation,
       exists (select from datasud.layer l where l.dataset_id = d.id and l.updated > d.updated) as edited
from datasud.dataset d
join datasud.organisation o on o.id = d.organisation_id
where d.slug = $1
for no key update of d
