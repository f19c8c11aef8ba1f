-- Searching and paging 100,000 records: who may see one as a key, pages that stay while records change.

-- Records of datasets carry their dataset's organisation and visibility, imported ones their organisation's: a search asks
-- for those that the caller may see by this key, whatever the number of datasets. It changes with the dataset, in the same
-- transaction.
alter table datasud.record add column audience text not null default 'imported';
update datasud.record r set audience = d.visibility, organisation_id = d.organisation_id
from datasud.dataset d where d.id = r.dataset_id;
-- As catalogue::Circle reads it. A record that is held back is in no circle.
alter table datasud.record add column circle bigint generated always as (case when not held then
    organisation_id * 4 + case audience when 'imported' then 0 when 'public' then 1 else 2 end end) stored;
create index record_circle on datasud.record (circle, position);

create function datasud.record_audience() returns trigger language plpgsql as $$
begin
    select d.visibility into new.audience from datasud.dataset d where d.id = new.dataset_id;
    return new;
end $$;
create trigger record_audience before insert or update of dataset_id on datasud.record
    for each row when (new.dataset_id is not null) execute function datasud.record_audience();

create function datasud.dataset_audience() returns trigger language plpgsql as $$
begin
    update datasud.record set audience = new.visibility, organisation_id = new.organisation_id
    where dataset_id = new.id;
    return null;
end $$;
create trigger dataset_audience after update of visibility, organisation_id on datasud.dataset
    for each row when (old.visibility is distinct from new.visibility or old.organisation_id <> new.organisation_id)
    execute function datasud.dataset_audience();

-- Transactions that changed records lately: whether a list is still true is told by those that its snapshot didn't see.
-- Nothing here outlives a crash, so nothing of it is logged: a harvest that is under way then begins a new list.
create unlogged table datasud.record_change (
    tx   xid8 primary key,
    made timestamptz not null default now()
);

create function datasud.record_changed() returns trigger language plpgsql as $$
begin
    insert into datasud.record_change (tx) values (pg_current_xact_id()) on conflict do nothing;
    return null;
end $$;
create trigger record_changed after insert or update or delete or truncate on datasud.record
    for each statement execute function datasud.record_changed();

-- The answer to a search in its order, as a harvest began to read it: the uuids in a row, 16 bytes each, of which a page is
-- a slice. Bytes that are not compressed are read without what is around them.
create unlogged table datasud.record_list (
    id      bigint generated always as identity primary key,
    -- What was asked, by whom: the digest of circles, part, filter and order.
    digest  bytea not null,
    seen    pg_snapshot not null default pg_current_snapshot(),
    made    timestamptz not null default now(),
    matched bigint not null,
    keys    bytea not null
);
alter table datasud.record_list alter column keys set storage external;
create index record_list_digest on datasud.record_list (digest);

-- Who reads which list, and where: a harvester names nothing but a position.
create unlogged table datasud.record_reader (
    list_id bigint not null references datasud.record_list (id) on delete cascade,
    -- Digest of address and program.
    client  bytea not null,
    -- Position of the next page, counted from 0.
    next    bigint not null,
    pages   integer not null default 1,
    used    timestamptz not null default now(),
    primary key (list_id, client)
);

-- Records that were removed while a list may still name them: a harvest that counted them reads them to its end.
create unlogged table datasud.record_gone (
    uuid uuid primary key,
    gone timestamptz not null default now(),
    kept jsonb not null
);
create index record_gone_gone on datasud.record_gone (gone);

create function datasud.keep_gone_records() returns trigger language plpgsql as $$
begin
    insert into datasud.record_gone (uuid, kept)
    -- Without what is only searched by.
    select o.uuid, to_jsonb(o) - '{bbox,anytext,words,search,source}'::text[] from gone o
    on conflict (uuid) do update set gone = excluded.gone, kept = excluded.kept;
    return null;
end $$;
create trigger record_gone after delete on datasud.record referencing old table as gone
    for each statement execute function datasud.keep_gone_records();

-- Documents of ten kilobytes and more are written and read faster with LZ4, where the server has it.
do $$
declare
    name text;
begin
    foreach name in array array['iso_full', 'iso_summary', 'iso_brief', 'dc_full', 'dc_summary', 'dc_brief', 'source', 'anytext', 'words'] loop
        execute format('alter table datasud.record alter column %I set compression lz4', name);
    end loop;
exception when others then
    raise notice 'records are compressed as the server does it by itself: %', sqlerrm;
end $$;
