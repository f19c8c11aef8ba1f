-- A new version: what is not said stays.
update datasud.dataset
set version         = version + 1,
    title           = coalesce($2, title),
    description     = coalesce($3, description),
    licence         = coalesce($4, licence),
    keywords        = coalesce($5, keywords),
    source_checksum = $6,
    updated         = now()
where id = $1
