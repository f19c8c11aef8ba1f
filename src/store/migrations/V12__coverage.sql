-- What the pixels of a raster layer are, whose rows are images; null for all other layers.
alter table datasud.layer add column coverage jsonb;
