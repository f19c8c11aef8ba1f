-- What harvesters that come again need to know: when a record changed in this catalogue, which sets it is in, and
-- which records are gone. Kept by triggers, so that no way of writing a record can forget it.
alter table datasud.record
    -- Moment at which a reader of this catalogue could first see the record as it is, whole seconds. Not the record's
    -- own date stamp: an old record that is imported today is news today. Never goes back.
    add column changed timestamptz,
    -- Names of the sets that the record is in, parents too: 'organisation', 'organisation:crige', 'type:dataset'.
    add column sets    text[] not null default '{}';

-- Records that could be seen and can't be any more: deleted, made a draft, held back. A record that comes back loses its row.
create table datasud.record_tombstone (
    identifier      text primary key,
    uuid            uuid not null,
    organisation_id bigint,
    -- When it went, whole seconds; later than any change of the record.
    datestamp       timestamptz not null,
    sets            text[] not null
);
create index record_tombstone_datestamp on datasud.record_tombstone (datestamp, uuid);

-- A part of a set's name: what OAI-PMH allows in it (section 2.7.2).
create function datasud.set_part(value text) returns text language sql immutable as $$
    select trim(both '-' from regexp_replace(value, '[^A-Za-z0-9._]+', '-', 'g'))
$$;

create function datasud.record_sets(r datasud.record) returns text[] language sql stable as $$
    with named as (
        select 'organisation' as kind, (select o.slug from datasud.organisation o where o.id = r.organisation_id) as value
        union all select 'type', regexp_replace(r.type, '^.*[/#]', '')
        union all select 'topic', topic from unnest(string_to_array(trim(both E'\n' from r.topics), E'\n')) topic
        union all select 'inspire', jsonb_array_elements_text(r.model -> 'inspire_themes')
        union all select 'hvd', jsonb_array_elements_text(r.model -> 'hvd_categories')
    ), parts as (
        select kind, datasud.set_part(value) as part from named where value is not null
    )
    select coalesce(array_agg(distinct name order by name), '{}')
    from parts, lateral (values (kind), (kind || ':' || part)) as names (name)
    where part <> ''
$$;

-- Whether strangers see the record.
create function datasud.record_is_shown(r datasud.record) returns boolean language sql stable as $$
    select not r.held and (r.dataset_id is null
        or exists (select from datasud.dataset d where d.id = r.dataset_id and d.visibility = 'public'))
$$;

create function datasud.bury_record(r datasud.record) returns void language sql as $$
    insert into datasud.record_tombstone as t (identifier, uuid, organisation_id, datestamp, sets)
    values (r.identifier, r.uuid, r.organisation_id,
            greatest(date_trunc('second', clock_timestamp()), r.changed + interval '1 second'), r.sets)
    on conflict (identifier) do update set
        uuid = excluded.uuid, organisation_id = excluded.organisation_id, sets = excluded.sets,
        datestamp = greatest(excluded.datestamp, t.datestamp)
$$;

create function datasud.stamp_record() returns trigger language plpgsql as $$
declare
    gone timestamptz;
begin
    new.sets := datasud.record_sets(new);
    if tg_op = 'UPDATE' and (new.datestamp, new.iso_full, new.dc_full, new.model, new.sets, new.held)
        is not distinct from (old.datestamp, old.iso_full, old.dc_full, old.model, old.sets, old.held) then
        new.changed := greatest(new.changed, old.changed);
        return new;
    end if;
    -- Who was told that the record is gone must hear of its return.
    select t.datestamp into gone from datasud.record_tombstone t where t.identifier = new.identifier;
    new.changed := greatest(date_trunc('second', clock_timestamp()), gone + interval '1 second');
    if tg_op = 'UPDATE' then
        new.changed := greatest(new.changed, old.changed + interval '1 second');
    end if;
    return new;
end
$$;

create function datasud.follow_record() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        -- A dataset that is being deleted is gone by now and has buried its record itself.
        if datasud.record_is_shown(old) then
            perform datasud.bury_record(old);
        end if;
    elsif new.held then
        if tg_op = 'UPDATE' and datasud.record_is_shown(old) then
            perform datasud.bury_record(new);
        end if;
    elsif datasud.record_is_shown(new) then
        delete from datasud.record_tombstone where identifier = new.identifier;
    end if;
    return null;
end
$$;

create function datasud.follow_dataset() returns trigger language plpgsql as $$
declare
    r datasud.record;
begin
    select * into r from datasud.record where dataset_id = old.id and not held;
    if not found then
        return coalesce(new, old);
    end if;
    if tg_op = 'DELETE' then
        if old.visibility = 'public' then
            perform datasud.bury_record(r);
        end if;
        return old;
    end if;
    if new.visibility = 'public' then
        update datasud.record set changed = greatest(
            date_trunc('second', clock_timestamp()), changed + interval '1 second',
            (select datestamp + interval '1 second' from datasud.record_tombstone t where t.identifier = r.identifier))
        where uuid = r.uuid;
        delete from datasud.record_tombstone where identifier = r.identifier;
    elsif old.visibility = 'public' then
        perform datasud.bury_record(r);
    end if;
    return new;
end
$$;

update datasud.record r set changed = date_trunc('second', datestamp), sets = datasud.record_sets(r);
alter table datasud.record alter column changed set not null;
create index record_changed on datasud.record (changed, uuid);
create index record_sets on datasud.record using gin (sets);

create trigger stamp_record before insert or update on datasud.record
    for each row execute function datasud.stamp_record();
create trigger follow_record after insert or delete on datasud.record
    for each row execute function datasud.follow_record();
create trigger follow_record_held after update of held on datasud.record
    for each row when (old.held is distinct from new.held) execute function datasud.follow_record();
create trigger follow_dataset_end before delete on datasud.dataset
    for each row execute function datasud.follow_dataset();
create trigger follow_dataset after update of visibility on datasud.dataset
    for each row when (old.visibility is distinct from new.visibility)
    execute function datasud.follow_dataset();
