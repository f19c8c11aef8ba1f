-- The catalogue: one row a record, with typed columns to search by and the XML as it is served.
create extension if not exists pg_trgm;

create table datasud.record (
    uuid         uuid primary key,
    -- What harvesters know the record by; the uuid as text for records of our own making.
    identifier   text not null unique,
    -- Order of first appearance: never changes, so that pages without SortBy don't move.
    position     bigint generated always as identity unique,
    dataset_id   bigint unique references datasud.dataset (id) on delete cascade,
    organisation_id bigint references datasud.organisation (id),
    -- Grows with every change, whole seconds: harvesters fetch again only when it does.
    datestamp    timestamptz not null,

    title        text not null,
    abstract     text not null,
    type         text not null,
    language     text not null,
    organisation text not null,
    resource_identifier text not null,
    rights       text,
    lineage      text,
    creation     timestamptz,
    publication  timestamptz,
    revision     timestamptz,
    -- Lists, each value between line feeds: '\na\nb\n'.
    subjects     text not null,
    topics       text not null,
    formats      text not null,
    crs          text not null,
    services     text not null,
    west         double precision,
    south        double precision,
    east         double precision,
    north        double precision,
    bbox         geometry(Polygon, 4326),
    -- All words, lower case without accents, for substrings; and as a text index for ranking.
    anytext      text not null,
    words        tsvector not null,

    iso_full     bytea not null,
    iso_summary  bytea not null,
    iso_brief    bytea not null,
    dc_full      bytea not null,
    dc_summary   bytea not null,
    dc_brief     bytea not null
);

create index record_dataset_position on datasud.record (dataset_id, position);
create index record_organisation on datasud.record (organisation_id, position);
create index record_datestamp on datasud.record (datestamp);
create index record_bbox on datasud.record using gist (bbox);
create index record_words on datasud.record using gin (words);
create index record_anytext on datasud.record using gin (anytext gin_trgm_ops);

-- What the records were written with: public address, names, the writers' version. One row.
create table datasud.record_context (
    one     boolean primary key default true check (one),
    context jsonb not null
);
