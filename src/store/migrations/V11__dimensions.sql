-- Which attributes of a layer are dimensions of its maps (time, elevation, own): see `DimensionInfo`. None for most.
alter table datasud.layer add column dimensions jsonb not null default '[]';
