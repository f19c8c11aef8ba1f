-- Overviews: layers made light for small scales, kept beside the version tables that they are of.

-- Their tables. Nobody but the server reads them.
create schema overview;

-- A version table that was looked at. One that needs no overviews has no row in datasud.overview.
create table datasud.overviewed (
    table_name text primary key,
    layer_id   bigint not null,
    -- Side of a block in units of the layer's system: what is marked and made anew at once.
    block      double precision not null,
    -- The rules that they were made by; others make them anew.
    rules      jsonb not null,
    made       timestamptz not null default now()
);

-- A table of schema overview: the columns of the layer, and how it stands for the features of one scale.
create table datasud.overview (
    id         bigint generated always as identity primary key,
    table_name text not null,
    band       text not null unique,
    -- Side of a cell in units of the layer's system: features that are smaller were merged or thinned by cell.
    cell       double precision not null,
    -- Whether every feature is there for itself, so that conditions on attributes find what they find in the layer.
    complete   boolean not null,
    -- Since when another one is read in its place; it goes when nobody can still be reading it.
    retired    timestamptz
);
create index overview_of on datasud.overview (table_name);

-- Blocks in which features changed since the overviews were made. Only ever added to by edits, so that none waits for
-- another; whoever makes a block anew takes away the marks that it saw.
create table datasud.overview_stale (
    id         bigint generated always as identity primary key,
    table_name text not null,
    x          bigint not null,
    y          bigint not null
);
create index overview_stale_of on datasud.overview_stale (table_name, x, y);

-- Where a feature is counted: the block of the middle of its box. Null for one without a place.
create function datasud.overview_block(low double precision, high double precision, side double precision)
returns bigint language sql immutable parallel safe
as $$
    select case when (low + high) / 2 between -1e15 and 1e15 then floor((low + high) / 2 / side)::bigint end
$$;

-- Statement-level trigger of a version table with overviews; its argument is the side of a block.
create function datasud.overview_mark() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, public, pg_temp
    set jit = off
as $$
declare
    side double precision := tg_argv[0]::double precision;
    gone text;
begin
    if tg_op <> 'INSERT' and tg_op <> 'TRUNCATE' then
        insert into datasud.overview_stale (table_name, x, y)
        select distinct tg_table_name::text, datasud.overview_block(st_xmin(geom), st_xmax(geom), side),
            datasud.overview_block(st_ymin(geom), st_ymax(geom), side)
        from old_rows
        where datasud.overview_block(st_xmin(geom), st_xmax(geom), side) is not null
            and datasud.overview_block(st_ymin(geom), st_ymax(geom), side) is not null;
    end if;
    if tg_op = 'INSERT' or tg_op = 'UPDATE' then
        insert into datasud.overview_stale (table_name, x, y)
        select distinct tg_table_name::text, datasud.overview_block(st_xmin(geom), st_xmax(geom), side),
            datasud.overview_block(st_ymin(geom), st_ymax(geom), side)
        from new_rows
        where datasud.overview_block(st_xmin(geom), st_xmax(geom), side) is not null
            and datasud.overview_block(st_ymin(geom), st_ymax(geom), side) is not null;
    end if;
    if tg_op = 'TRUNCATE' then
        -- Nothing is left to stand for.
        for gone in select band from datasud.overview where table_name = tg_table_name::text loop
            execute format('delete from overview.%I', gone);
        end loop;
    end if;
    return null;
end
$$;

-- Has the edits of a version table marked. A second call changes the side of the blocks.
create function datasud.overview_watch(table_name text, side double precision) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'create or replace trigger datasud_overview_inserted after insert on data.%I
             referencing new table as new_rows
             for each statement execute function datasud.overview_mark(%L)', table_name, side);
    execute format(
        'create or replace trigger datasud_overview_updated after update on data.%I
             referencing old table as old_rows new table as new_rows
             for each statement execute function datasud.overview_mark(%L)', table_name, side);
    execute format(
        'create or replace trigger datasud_overview_deleted after delete on data.%I
             referencing old table as old_rows
             for each statement execute function datasud.overview_mark(%L)', table_name, side);
    execute format(
        'create or replace trigger datasud_overview_truncated after truncate on data.%I
             for each statement execute function datasud.overview_mark(%L)', table_name, side);
end
$$;

-- Overviews go with the table that they are of.
create function datasud.overviews_forgotten() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    gone text;
begin
    for gone in select o.band from datasud.overview o join left_tables g on g.table_name = o.table_name loop
        execute format('drop table if exists overview.%I', gone);
    end loop;
    delete from datasud.overview o using left_tables g where o.table_name = g.table_name;
    delete from datasud.overviewed o using left_tables g where o.table_name = g.table_name;
    delete from datasud.overview_stale o using left_tables g where o.table_name = g.table_name;
    return null;
end
$$;
create trigger overviews_forgotten after delete on datasud.discarded_table
    referencing old table as left_tables
    for each statement execute function datasud.overviews_forgotten();
