-- Every dataset with its organisation.
select d.id, d.slug, d.title, d.description, d.licence, d.keywords, d.visibility, d.version, d.record,
       d.created, d.updated,
       o.id as organisation_id, o.slug as organisation_slug, o.title as organisation_title,
       o.prefix, o.namespace, o.email
from datasud.dataset d
join datasud.organisation o on o.id = d.organisation_id
