-- The journal of harvests: who reads the catalogue, how far it came, which records it was given.
create table datasud.harvest (
    id        bigint generated always as identity primary key,
    -- Which program it is, as far as its requests tell: udata, geonetwork, ckan, owslib, …
    harvester text not null,
    agent     text not null,
    -- Tells callers with the same program apart; no address can be had from it.
    client    text not null,
    protocol  text not null,
    -- Path of the service without query: /org/crige/csw.
    endpoint  text not null,
    started   timestamptz not null,
    -- Moment of the last request.
    last      timestamptz not null,
    requests  integer not null default 0,
    pages     integer not null default 0,
    -- Records that match, as the last page said.
    matched   bigint,
    -- Whether the last page was read.
    ended     boolean not null default false,
    errors    integer not null default 0,
    last_error text,
    -- What was asked for: type names, schema, element set, filter, order, page size.
    asked     text not null default ''
);
create index harvest_client on datasud.harvest (endpoint, client, agent, last desc);
create index harvest_last on datasud.harvest (last desc);

-- Pages in the order they were asked for, the first thousand of a harvest.
create table datasud.harvest_page (
    harvest_id bigint not null references datasud.harvest (id) on delete cascade,
    at         timestamptz not null,
    -- From 1; none where records are asked for by identifier.
    position   bigint,
    returned   integer not null,
    problem    text
);
create index harvest_page_harvest on datasud.harvest_page (harvest_id, at);

-- Records given, in the portions in which they were noted.
create table datasud.harvest_taken (
    harvest_id bigint not null references datasud.harvest (id) on delete cascade,
    -- Whether they were given whole; otherwise they were only listed.
    whole      boolean not null,
    records    uuid[] not null
);
create index harvest_taken_harvest on datasud.harvest_taken (harvest_id);

-- Tells harvesters apart without keeping their addresses. One row.
create table datasud.harvest_secret (
    one    boolean primary key default true check (one),
    secret text not null default gen_random_uuid()::text
);
insert into datasud.harvest_secret default values;
