-- Organisations that records were imported for; one look into a partial index each.
select o.id, o.slug
from datasud.organisation o
where exists (select from datasud.record r where r.organisation_id = o.id and r.dataset_id is null)
