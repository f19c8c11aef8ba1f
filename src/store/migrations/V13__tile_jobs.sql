-- Seeding and truncating of tiles in the background. Any server that keeps tiles takes a job and holds it by a lease, so
-- that another one goes on where it was when a server ends without a word.
create table datasud.tile_job (
    id       bigint generated always as identity primary key,
    -- What is to be done, as the program wrote it.
    wanted   jsonb not null,
    -- Identifiers of the layers, for who may see and cancel it; null for all layers.
    layers   bigint[],
    -- Who asked, where somebody did by name.
    asked_by text,
    state    text not null default 'waiting'
             check (state in ('waiting', 'running', 'done', 'failed', 'full', 'cancelled')),
    -- Whether it is to end early.
    stop     boolean not null default false,
    -- Hash of the tiles as they were planned: where they are others by now, the job begins anew.
    plan     text not null default '',
    tiles    bigint not null default 0,
    passed   bigint not null default 0,
    made     bigint not null default 0,
    there    bigint not null default 0,
    outside  bigint not null default 0,
    failed   bigint not null default 0,
    deleted  bigint not null default 0,
    bytes    bigint not null default 0,
    messages text[] not null default '{}',
    -- The server that has it, and until when it must have been heard of.
    node     uuid,
    lease    timestamptz,
    -- How often it was taken up without getting on: a job that ends its server is not tried for ever.
    attempts integer not null default 0,
    created  timestamptz not null default now(),
    started  timestamptz,
    finished timestamptz
);
create index tile_job_open on datasud.tile_job (id) where state in ('waiting', 'running');
