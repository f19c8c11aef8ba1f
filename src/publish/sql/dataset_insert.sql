insert into datasud.dataset
    (organisation_id, slug, title, description, licence, keywords, record, source_checksum)
values ($1, $2, $3, coalesce($4::text, ''), $5, coalesce($6::text[], '{}'), $7, $8)
returning id
