-- Where features changed and where there are some: what is kept of a layer goes only where it shows what changed, and
-- is known to be empty where nothing is.

-- The generation since which all of the layer counts as changed: published, replaced, restored, emptied, given another style or
-- another description. Null where that is its generation. Later changes are told by their places.
alter table datasud.layer add column whole_generation bigint;

-- Boxes of features that edits of a version table took away or put there, with the generation of the last edit of the box. Those of long ago are
-- joined to larger ones; what was changed once stays covered as long as the table is there.
create table datasud.edited_place (
    table_name text not null,
    min_x      double precision not null,
    min_y      double precision not null,
    max_x      double precision not null,
    max_y      double precision not null,
    generation bigint not null,
    primary key (table_name, min_x, min_y, max_x, max_y)
);

-- Version tables that were edited.
create table datasud.edited_table (
    table_name text primary key,
    -- Generation of the last edit whose places were noted.
    noted      bigint not null,
    -- Rows of datasud.edited_place, or a few more.
    places     integer not null
);

-- The cells of a grid that features of a version table were in when it was published: a bit each, row by row from the south, in each row
-- from the west, in each byte the lowest first. No row where that is not known.
create table datasud.occupancy (
    table_name text primary key,
    min_x      double precision not null,
    min_y      double precision not null,
    side_x     double precision not null,
    side_y     double precision not null,
    columns    integer not null,
    rows       integer not null,
    cells      bytea not null
);

-- Joins the places of a table that are older than the last 512 to those of their neighbourhood, so that some hundreds are left. Large ones
-- are joined to large ones only.
create function datasud.join_places(edited text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
    set jit = off
as $$
declare
    last bigint;
    side double precision;
begin
    select p.generation into last from datasud.edited_place p
    where p.table_name = edited order by p.generation desc offset 512 limit 1;
    if found then
        select greatest(max(max_x) - min(min_x), max(max_y) - min(min_y), 1e-9) / 16 into side
        from datasud.edited_place where table_name = edited and generation <= last;
        with joined as (
            delete from datasud.edited_place where table_name = edited and generation <= last returning *)
        insert into datasud.edited_place as p (table_name, min_x, min_y, max_x, max_y, generation)
        select edited, min_x, min_y, max_x, max_y, max(generation)
        from (
            select min(min_x) as min_x, min(min_y) as min_y, max(max_x) as max_x, max(max_y) as max_y,
                max(generation) as generation
            from joined
            group by ceil(ln(greatest(max_x - min_x, max_y - min_y, side) / side)),
                floor((min_x + max_x) / 2 / side), floor((min_y + max_y) / 2 / side)) united
        group by 2, 3, 4, 5
        on conflict (table_name, min_x, min_y, max_x, max_y)
            do update set generation = greatest(p.generation, excluded.generation);
    end if;
    update datasud.edited_table t
    set places = (select count(*) from datasud.edited_place p where p.table_name = edited)
    where t.table_name = edited;
end
$$;

-- Statement-level trigger of a version table; its argument is the layer's id. It notes the places of the rows that it is given, which are those before
-- an edit or those after it, under a generation of their own that comes before the one that the edit gives to the layer: so
-- `datasud.layer_raised` sees that the change is told by places. Each feature is noted for itself where a statement changed few; many
-- are joined to those of their neighbourhood.
create function datasud.note_places() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, public, pg_temp
    set jit = off
as $$
declare
    edited bigint := tg_argv[0]::bigint;
    few    constant integer := 32;
    most   constant integer := 1024;
    touched bigint;
    placed  bigint;
    raised  bigint;
    added   integer;
    total   integer;
    low_x   double precision;
    low_y   double precision;
    high_x  double precision;
    high_y  double precision;
    side    double precision;
begin
    select count(*), count(st_xmin(geom)), min(st_xmin(geom)), min(st_ymin(geom)), max(st_xmax(geom)), max(st_ymax(geom))
    into touched, placed, low_x, low_y, high_x, high_y
    from changed;
    if touched = 0 then
        return null;
    end if;
    -- As `datasud.layer_edited` does: generations are seen in the order of commits.
    perform from datasud.layer l where l.id = edited and l.table_name = tg_table_name for update;
    if not found then
        -- A version that is kept for restoring isn't followed.
        delete from datasud.occupancy where table_name = tg_table_name::text;
        return null;
    end if;
    if placed > 0 and not (low_x >= -1e15 and low_y >= -1e15 and high_x <= 1e15 and high_y <= 1e15) then
        -- Of what is at no place nothing can be told: all of the layer changed.
        delete from datasud.occupancy where table_name = tg_table_name::text;
        update datasud.layer set whole_generation = nextval('datasud.generation') where id = edited;
        return null;
    end if;
    raised := nextval('datasud.generation');
    side := greatest(high_x - low_x, high_y - low_y, 1e-9) / 8;
    insert into datasud.edited_place (table_name, min_x, min_y, max_x, max_y, generation)
    select tg_table_name::text, a, b, c, d, raised
    from (
        select min(a) as a, min(b) as b, max(c) as c, max(d) as d
        from (select st_xmin(geom) as a, st_ymin(geom) as b, st_xmax(geom) as c, st_ymax(geom) as d from changed) boxes
        where a is not null
        group by case when placed <= few then a else floor((a + c) / 2 / side) end,
            case when placed <= few then b else floor((b + d) / 2 / side) end,
            case when placed <= few then c else ceil(ln(greatest(c - a, d - b, side) / side)) end,
            case when placed <= few then d end) united
    group by 2, 3, 4, 5
    on conflict (table_name, min_x, min_y, max_x, max_y) do update set generation = excluded.generation;
    get diagnostics added = row_count;
    insert into datasud.edited_table as t (table_name, noted, places)
    values (tg_table_name::text, raised, added)
    on conflict (table_name) do update set noted = excluded.noted, places = t.places + excluded.places
    returning t.places into total;
    if total > most then
        perform datasud.join_places(tg_table_name::text);
    end if;
    return null;
end
$$;

-- A layer that changed otherwise than at places that were noted changed as a whole.
create function datasud.layer_raised() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.table_name = old.table_name and exists (
        select from datasud.edited_table t where t.table_name = new.table_name and t.noted > old.generation
    ) then
        new.whole_generation := coalesce(old.whole_generation, old.generation);
    else
        new.whole_generation := new.generation;
    end if;
    return new;
end
$$;
create trigger layer_raised before update of generation on datasud.layer
    for each row when (old.generation is distinct from new.generation)
    execute function datasud.layer_raised();

-- Has the places of edits noted. The names come before those of the triggers that raise the generation, and so do the triggers. An update has two: for
-- the rows before it and after it.
create function datasud.watch_places(table_name text, layer_id bigint) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'create or replace trigger datasud_a_inserted after insert on data.%I referencing new table as changed
             for each statement execute function datasud.note_places(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_a_updated_from after update on data.%I referencing old table as changed
             for each statement execute function datasud.note_places(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_a_updated_to after update on data.%I referencing new table as changed
             for each statement execute function datasud.note_places(%L)', table_name, layer_id);
    execute format(
        'create or replace trigger datasud_a_deleted after delete on data.%I referencing old table as changed
             for each statement execute function datasud.note_places(%L)', table_name, layer_id);
end
$$;

-- Puts the triggers on a version table of schema `data`, after it has been loaded, and lets it give identifiers to new features. A second
-- call does nothing.
alter function datasud.watch(text, bigint) rename to watch_history;
create function datasud.watch(table_name text, layer_id bigint) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform datasud.watch_history(table_name, layer_id);
    perform datasud.watch_places(table_name, layer_id);
end
$$;

-- Places go with the table that they are of.
create function datasud.places_forgotten() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from datasud.edited_place p using left_tables g where p.table_name = g.table_name;
    delete from datasud.edited_table t using left_tables g where t.table_name = g.table_name;
    delete from datasud.occupancy o using left_tables g where o.table_name = g.table_name;
    return null;
end
$$;
create trigger places_forgotten after delete on datasud.discarded_table
    referencing old table as left_tables
    for each statement execute function datasud.places_forgotten();

-- The tables that there are.
select datasud.watch_places(t.table_name, t.layer_id)
from (
    select table_name, id as layer_id from datasud.layer
    union
    select table_name, layer_id from datasud.layer_version
) t
where to_regclass(format('data.%I', t.table_name)) is not null;
