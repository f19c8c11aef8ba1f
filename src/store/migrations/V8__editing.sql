-- Editing: identifiers for new features, history of every change by anybody, locks, tokens.

-- The transaction that edited last: all its statements are one moment in the history.
alter table datasud.layer add column edited_in bigint;

-- States of features that have ended, and when features began that were not loaded with the data. The
-- present state is in the layer's table.
create table datasud.feature_history (
    layer_id   bigint not null,
    -- The version table: history is of a version of the data, and goes with it.
    table_name text not null,
    fid        bigint not null,
    -- Counts from 1 for each feature.
    version    bigint not null,
    -- 'update' and 'delete' ended this version and keep its state; 'insert' began it, and has no state. So
    -- the present version's number is the greatest of version + (change <> 'insert')::int, or 1.
    change     text not null check (change in ('insert', 'update', 'delete')),
    -- The version held from here, null where it came with the loading, until before valid_to.
    valid_from timestamptz,
    valid_to   timestamptz not null,
    -- Everything but fid and geom, by column name; as jsonb_populate_record takes it.
    attributes jsonb,
    geom       public.geometry,
    primary key (table_name, fid, version, change)
);
create index feature_history_moment on datasud.feature_history (table_name, valid_to);

-- A table's earlier states are forgotten when it has been dropped.
create function datasud.history_forgotten() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from datasud.feature_history h using gone g where h.table_name = g.table_name;
    return null;
end
$$;
create trigger history_forgotten after delete on datasud.discarded_table
    referencing old table as gone
    for each statement execute function datasud.history_forgotten();

-- Locks by protocol (WFS LockFeature). A lock that has ended is kept for a while, so that its holder can
-- be told.
create table datasud.lock (
    id      text primary key,
    seconds bigint not null,
    expires timestamptz not null,
    created timestamptz not null default now()
);
create index lock_expires on datasud.lock (expires);
create table datasud.locked_feature (
    layer_id bigint not null,
    fid      bigint not null,
    lock_id  text not null,
    primary key (layer_id, fid)
);
create index locked_feature_lock on datasud.locked_feature (lock_id);

-- A lock promises that what it holds stays as its holder has read it. Where the data is replaced, restored
-- or removed, it ends whole.
create function datasud.locks_ended() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    with gone as (
        delete from datasud.lock l
        where l.id in (select f.lock_id from datasud.locked_feature f where f.layer_id = old.id)
        returning l.id)
    delete from datasud.locked_feature f using gone where f.lock_id = gone.id;
    return null;
end
$$;
create trigger locks_ended after update of table_name on datasud.layer
    for each row when (old.table_name is distinct from new.table_name)
    execute function datasud.locks_ended();
create trigger locks_gone after delete on datasud.layer
    for each row execute function datasud.locks_ended();

-- Tokens: only their hashes are here.
create table datasud.token (
    name            text primary key,
    hash            bytea not null unique check (length(hash) = 32),
    organisation_id bigint references datasud.organisation (id) on delete cascade,
    created         timestamptz not null default now(),
    expires         timestamptz
);

-- The moment of the present transaction's edits of a layer whose row is locked: after all earlier edits of
-- it, which transactions' own times are not where one has waited for another.
create function datasud.moment(facts datasud.layer) returns timestamptz
    language sql volatile
    set search_path = pg_catalog, pg_temp
as $$
    select case
        when facts.edited_in = txid_current() then facts.updated
        else greatest(clock_timestamp(), facts.updated + interval '1 microsecond')
    end
$$;

-- The columns of a table that history keeps as attributes, as `rows.a, rows.b`.
create function datasud.attribute_list(relation oid, rows text) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(string_agg(format('%I.%I', rows, attname), ', ' order by attnum), '')
    from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped and attname not in ('fid', 'geom')
$$;

-- Statement-level trigger of a version table; its argument is the layer's id. In the transaction of the
-- edit it keeps what was, raises the layer's generation, keeps count and extent, and notifies the changed
-- box on channel `datasud`.
--
-- Versions that are not the current one of their layer (being loaded, kept for restoring) are passed over.
create or replace function datasud.layer_edited() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, public, pg_temp
    -- Compiling costs more than these statements ever win.
    set jit = off
as $$
declare
    edited   bigint := tg_argv[0]::bigint;
    area     box2d;
    before   box2d;
    delta    bigint := 0;
    touched  bigint := 0;
    facts    datasud.layer;
    raised   bigint;
    native   double precision[];
    lonlat   double precision[];
    at       timestamptz;
    moved    boolean := false;
    highest  bigint;
    numbers  regclass;
begin
    if tg_op = 'INSERT' then
        select count(*), st_extent(geom), max(fid) into touched, area, highest from new_rows;
        delta := touched;
    elsif tg_op = 'DELETE' then
        select count(*), st_extent(geom) into touched, area from old_rows;
        delta := -touched;
    elsif tg_op = 'UPDATE' then
        select count(*), st_extent(geom), max(fid) into touched, area, highest from new_rows;
        select st_extent(geom) into before from old_rows;
        area := case
            when area is null then before
            when before is null then area
            else st_combinebbox(area, before::geometry)::box2d
        end;
    end if;
    if tg_op <> 'TRUNCATE' and touched = 0 then
        return null;
    end if;

    -- The row lock puts edits of one layer in a line; generations are seen in the order of commits.
    select * into facts from datasud.layer l
    where l.id = edited and l.table_name = tg_table_name
    for update;
    if not found then
        return null;
    end if;
    raised := nextval('datasud.generation');
    native := facts.extent;
    lonlat := facts.extent_lonlat;
    at := datasud.moment(facts);

    if tg_op = 'TRUNCATE' then
        update datasud.layer set features = 0, extent = null, extent_lonlat = null,
            generation = raised, updated = at, edited_in = txid_current()
        where id = edited;
        perform pg_notify('datasud', json_build_object(
            'kind', 'edited', 'layer', edited, 'generation', raised, 'bbox', null)::text);
        return null;
    end if;

    -- Identifiers that somebody chose are not given again. Beyond what JSON can hold nobody is followed.
    if highest is not null and highest < 9007199254740991 then
        numbers := pg_get_serial_sequence(format('data.%I', tg_table_name), 'fid')::regclass;
        if numbers is not null and highest > coalesce(pg_sequence_last_value(numbers), 0) then
            perform setval(numbers, highest);
        end if;
    end if;

    -- Below, the table's name is passed as text: compared as a `name` it would find no index.
    -- A feature that gets another identifier ends, and another one begins.
    if tg_op = 'UPDATE' then
        -- Planned anew each time: a plan kept from a few rows compares many with each other one by one.
        execute 'select exists (select from new_rows n
                                where not exists (select from old_rows o where o.fid = n.fid))'
        into moved;
    end if;
    if tg_op <> 'INSERT' then
        execute format(
            'insert into datasud.feature_history
                 (layer_id, table_name, fid, version, change, valid_from, valid_to, attributes, geom)
             select $1, $2, o.fid, coalesce(h.present, 1), %s, h.since, $3, to_jsonb(a.*), o.geom
             from old_rows o
             left join lateral (
                 select p.version + (p.change <> ''insert'')::int as present, p.valid_to as since
                 from datasud.feature_history p where p.table_name = $2 and p.fid = o.fid
                 order by p.version desc, p.change <> ''insert'' desc limit 1) h on true
             cross join lateral (select %s) a',
            case
                when tg_op = 'DELETE' then '''delete'''
                when moved then 'case when exists (select from new_rows n where n.fid = o.fid)
                                 then ''update'' else ''delete'' end'
                else '''update'''
            end,
            datasud.attribute_list(tg_relid, 'o'))
        using edited, tg_table_name::text, at;
    end if;
    if tg_op = 'INSERT' or moved then
        execute format(
            'insert into datasud.feature_history
                 (layer_id, table_name, fid, version, change, valid_from, valid_to)
             select $1, $2, n.fid, coalesce(h.present, 1), ''insert'', $3, $3
             from new_rows n
             left join lateral (
                 select p.version + (p.change <> ''insert'')::int as present
                 from datasud.feature_history p where p.table_name = $2 and p.fid = n.fid
                 order by p.version desc, p.change <> ''insert'' desc limit 1) h on true
             %s',
            case when moved then 'where not exists (select from old_rows o where o.fid = n.fid)' else '' end)
        using edited, tg_table_name::text, at;
    end if;

    -- An extent only grows here: a box that is a little too big is true enough, and shrinking it would
    -- read the whole table.
    if area is not null and tg_op <> 'DELETE' and (
        native is null
        or st_xmin(area) < native[1] or st_ymin(area) < native[2]
        or st_xmax(area) > native[3] or st_ymax(area) > native[4]
    ) then
        native := array[
            least(native[1], st_xmin(area)), least(native[2], st_ymin(area)),
            greatest(native[3], st_xmax(area)), greatest(native[4], st_ymax(area))];
        begin
            -- Straight edges bend when they are transformed: points along the box follow them.
            select array[st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b)] into lonlat
            from (select st_transform(st_segmentize(
                st_makeenvelope(native[1], native[2], native[3], native[4], facts.srid),
                greatest(native[3] - native[1], native[4] - native[2], 1e-9) / 20), 4326) as b) as t;
        exception when others then
            -- Outside what the projection can do: the old box stays, the edit is not refused for it.
            lonlat := facts.extent_lonlat;
        end;
    end if;
    update datasud.layer set features = greatest(features + delta, 0), extent = native,
        extent_lonlat = lonlat, generation = raised, updated = at, edited_in = txid_current()
    where id = edited;
    perform pg_notify('datasud', json_build_object(
        'kind', 'edited', 'layer', edited, 'generation', raised,
        'bbox', case when area is null then null else
            json_build_array(st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)) end)::text);
    return null;
end
$$;

-- A TRUNCATE shows no rows to triggers that come after it: what it takes is kept before.
create function datasud.layer_truncating() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, public, pg_temp
    set jit = off
as $$
declare
    edited bigint := tg_argv[0]::bigint;
    facts  datasud.layer;
    at     timestamptz;
begin
    select * into facts from datasud.layer l
    where l.id = edited and l.table_name = tg_table_name
    for update;
    if not found then
        return null;
    end if;
    at := datasud.moment(facts);
    update datasud.layer set updated = at, edited_in = txid_current() where id = edited;
    execute format(
        'insert into datasud.feature_history
             (layer_id, table_name, fid, version, change, valid_from, valid_to, attributes, geom)
         select $1, $2, o.fid, coalesce(h.present, 1), ''delete'', h.since, $3, to_jsonb(a.*), o.geom
         from data.%I o
         left join lateral (
             select p.version + (p.change <> ''insert'')::int as present, p.valid_to as since
             from datasud.feature_history p where p.table_name = $2 and p.fid = o.fid
             order by p.version desc, p.change <> ''insert'' desc limit 1) h on true
         cross join lateral (select %s) a',
        tg_table_name, datasud.attribute_list(tg_relid, 'o'))
    using edited, tg_table_name::text, at;
    return null;
end
$$;

-- Puts the triggers on a version table of schema `data`, after it has been loaded, and lets it give
-- identifiers to new features. A second call does nothing.
create or replace function datasud.watch(table_name text, layer_id bigint) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    highest bigint;
begin
    execute format(
        'create or replace trigger datasud_inserted after insert on data.%I
             referencing new table as new_rows
             for each statement execute function datasud.layer_edited(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_updated after update on data.%I
             referencing old table as old_rows new table as new_rows
             for each statement execute function datasud.layer_edited(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_deleted after delete on data.%I
             referencing old table as old_rows
             for each statement execute function datasud.layer_edited(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_truncating before truncate on data.%I
             for each statement execute function datasud.layer_truncating(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_truncated after truncate on data.%I
             for each statement execute function datasud.layer_edited(%L)', table_name, layer_id);
    if exists (
        select from pg_attribute
        where attrelid = format('data.%I', table_name)::regclass and attname = 'fid'
            and attidentity = '' and not atthasdef
    ) then
        execute format('alter table data.%I alter column fid add generated by default as identity', table_name);
        execute format('select max(fid) from data.%I', table_name) into highest;
        if highest between 1 and 9007199254740990 then
            perform setval(pg_get_serial_sequence(format('data.%I', table_name), 'fid')::regclass, highest);
        end if;
    end if;
end
$$;

-- The tables that there are.
select datasud.watch(t.table_name, t.layer_id)
from (
    select table_name, id as layer_id from datasud.layer
    union
    select table_name, layer_id from datasud.layer_version
) t
where to_regclass(format('data.%I', t.table_name)) is not null;
