insert into datasud.dataset
    (organisation_id, slug, title, description, licence, keywords, record, source_checksum)
values ($1, $2, $3, coalesce($4, ''), $5, coalesce($6, '{}'), $7, $8)
returning id
