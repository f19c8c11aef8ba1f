-- Which writers a record was written by: imported ones are written anew at start when these have changed, and only then.
alter table datasud.record add column writers integer not null default 0;
create index record_writers on datasud.record (writers, position);
