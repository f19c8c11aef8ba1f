-- What a layer holds that is an archive of tiles (PMTiles, MBTiles), whose one row is its border; null for all other layers.
alter table datasud.layer add column archive jsonb;
