-- The platform's own tables (schema datasud) and the home of the layers (schema data).
create schema if not exists datasud;
create schema if not exists data;
create extension if not exists postgis schema public;
create extension if not exists unaccent schema public;

create table datasud.organisation (
    id        bigint generated always as identity primary key,
    slug      text not null unique,
    title     text not null,
    prefix    text not null unique,
    namespace text not null unique,
    email     text,
    created   timestamptz not null default now()
);

create table datasud.dataset (
    id              bigint generated always as identity primary key,
    organisation_id bigint not null references datasud.organisation (id),
    slug            text not null unique,
    title           text not null,
    description     text not null default '',
    licence         text,
    keywords        text[] not null default '{}',
    visibility      text not null default 'public' check (visibility in ('draft', 'public')),
    version         integer not null default 1,
    record          uuid not null unique,
    -- Checksum of what was ingested last: the same files again load nothing.
    source_checksum text,
    created         timestamptz not null default now(),
    updated         timestamptz not null default now()
);

-- One number line for every change on the platform: what caches and ETags hang on.
create sequence datasud.generation;

create table datasud.layer (
    id            bigint generated always as identity primary key,
    dataset_id    bigint not null references datasud.dataset (id) on delete cascade,
    position      integer not null default 0,
    slug          text not null unique,
    title         text not null,
    description   text not null default '',
    -- Facts of the current version, so that nothing is computed while a request waits.
    table_name    text not null unique,
    geometry      text not null,
    has_z         boolean not null default false,
    has_m         boolean not null default false,
    srid          integer not null,
    columns       jsonb not null,
    extent        double precision[],
    extent_lonlat double precision[],
    features      bigint not null default 0,
    generation    bigint not null default nextval('datasud.generation'),
    updated       timestamptz not null default now()
);

-- The versions of a layer that are kept; the current one is the layer's table_name.
create table datasud.layer_version (
    layer_id   bigint not null references datasud.layer (id) on delete cascade,
    version    integer not null,
    table_name text not null unique,
    -- The facts of datasud.layer as they were with this version, to restore it whole.
    facts      jsonb not null,
    created    timestamptz not null default now(),
    primary key (layer_id, version)
);

create table datasud.style (
    id         bigint generated always as identity primary key,
    layer_id   bigint not null references datasud.layer (id) on delete cascade,
    name       text not null,
    title      text not null,
    sld        text not null,
    is_default boolean not null default false,
    unique (layer_id, name)
);
create unique index style_one_default on datasud.style (layer_id) where is_default;

-- What was ingested, when and from what: the lineage of a record.
create table datasud.ingest_run (
    id         bigint generated always as identity primary key,
    dataset_id bigint references datasud.dataset (id) on delete cascade,
    started    timestamptz not null,
    finished   timestamptz not null default now(),
    files      text[] not null,
    features   bigint not null,
    report     jsonb not null
);
