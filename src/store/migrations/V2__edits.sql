-- Edits by anybody, plain SQL included, keep the layer's facts true and tell every node what changed.

-- Statement-level trigger of a version table; its argument is the layer's id. In the transaction of the
-- edit it raises the layer's generation, keeps count and extent, and notifies the changed box on channel
-- `datasud`.
--
-- Versions that are not the current one of their layer (being loaded, kept for restoring) are passed over.
create function datasud.layer_edited() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, public, pg_temp
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
    counted  bigint;
begin
    if tg_op = 'INSERT' then
        select count(*), st_extent(geom) into touched, area from new_rows;
        delta := touched;
    elsif tg_op = 'DELETE' then
        select count(*), st_extent(geom) into touched, area from old_rows;
        delta := -touched;
    elsif tg_op = 'UPDATE' then
        select count(*), st_extent(geom) into touched, area from new_rows;
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

    if tg_op = 'TRUNCATE' then
        counted := 0;
        native := null;
        lonlat := null;
        update datasud.layer set features = 0, extent = null, extent_lonlat = null,
            generation = raised, updated = now()
        where id = edited;
        perform pg_notify('datasud', json_build_object(
            'kind', 'edited', 'layer', edited, 'generation', raised, 'bbox', null)::text);
        return null;
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
        extent_lonlat = lonlat, generation = raised, updated = now()
    where id = edited;
    perform pg_notify('datasud', json_build_object(
        'kind', 'edited', 'layer', edited, 'generation', raised,
        'bbox', case when area is null then null else
            json_build_array(st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)) end)::text);
    return null;
end
$$;

-- Puts the triggers on a version table of schema `data`, after it has been loaded. A second call does
-- nothing.
create function datasud.watch(table_name text, layer_id bigint) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
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
        'create or replace trigger datasud_truncated after truncate on data.%I
             for each statement execute function datasud.layer_edited(%L)', table_name, layer_id);
end
$$;
