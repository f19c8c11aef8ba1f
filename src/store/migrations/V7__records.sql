-- Imported records: the document as it came, from which every form is written again when the writers change.
alter table datasud.record
    add column source text,
    add column source_schema text,
    -- Names of places (dct:spatial), each between line feeds like the other lists.
    add column places text not null default E'\n',
    -- Every record belongs to a dataset or was imported for an organisation.
    add constraint record_belongs check (dataset_id is not null or organisation_id is not null),
    add constraint record_imported_has_source check (dataset_id is not null or source is not null);

create index record_imported on datasud.record (organisation_id, position) where dataset_id is null;
