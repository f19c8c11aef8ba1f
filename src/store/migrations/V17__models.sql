-- The model of each record as JSON: any form can be written from it without the dataset or the document at hand.
-- Missing until the record is written again, which a server does at its start.
alter table datasud.record
    add column model jsonb,
    -- A record that fails its checks is in no catalogue and in no count until it is mended.
    add column held boolean not null default false,
    -- What the checks said: an array of findings.
    add column report jsonb not null default '[]',
    -- Of the record of a service of an organisation: which one (wms, wfs, csw).
    add column service text,
    drop constraint record_imported_has_source,
    add constraint record_has_origin check (dataset_id is not null or source is not null or service is not null);

create unique index record_of_service on datasud.record (organisation_id, service) where service is not null;
create index record_held on datasud.record (uuid) where held;
