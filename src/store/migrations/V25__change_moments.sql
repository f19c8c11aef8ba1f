-- Moments of changes to the microsecond instead of whole seconds: what comes later in the same second stands behind
-- what a harvester has read already, and is not passed over.
create or replace function datasud.bury_record(r datasud.record) returns void language sql as $$
    insert into datasud.record_tombstone as t (identifier, uuid, organisation_id, datestamp, sets)
    values (r.identifier, r.uuid, r.organisation_id,
            greatest(clock_timestamp(), r.changed + interval '1 microsecond'), r.sets)
    on conflict (identifier) do update set
        uuid = excluded.uuid, organisation_id = excluded.organisation_id, sets = excluded.sets,
        datestamp = greatest(excluded.datestamp, t.datestamp)
$$;

create or replace function datasud.stamp_record() returns trigger language plpgsql as $$
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
    new.changed := greatest(clock_timestamp(), gone + interval '1 microsecond');
    if tg_op = 'UPDATE' then
        new.changed := greatest(new.changed, old.changed + interval '1 microsecond');
    end if;
    return new;
end
$$;

create or replace function datasud.follow_dataset() returns trigger language plpgsql as $$
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
            clock_timestamp(), changed + interval '1 microsecond',
            (select datestamp + interval '1 microsecond' from datasud.record_tombstone t
             where t.identifier = r.identifier))
        where uuid = r.uuid;
        delete from datasud.record_tombstone where identifier = r.identifier;
    elsif old.visibility = 'public' then
        perform datasud.bury_record(r);
    end if;
    return new;
end
$$;

-- A record that called itself later than today was not news of the future: lists that end at a moment would keep it back.
-- The trigger would not let a moment go back.
alter table datasud.record disable trigger stamp_record;
update datasud.record set changed = now() where changed > now();
alter table datasud.record enable trigger stamp_record;
update datasud.record_tombstone set datestamp = now() where datestamp > now();
