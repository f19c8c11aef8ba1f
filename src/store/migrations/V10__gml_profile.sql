-- How features of a layer are called in GML, where an agreed schema says so: see `GmlProfile`. Nothing for most.
alter table datasud.layer add column gml jsonb not null default '{}';
