-- Queries that clients keep on the server (WFS 2.0 CreateStoredQuery, OGC 09-025r2 clause 14). An identifier is
-- unique at the address that it was created at: '' is the platform's own, '/org/…' and '/dataset/…' are a part's.
create table datasud.stored_query (
    scope      text not null,
    id         text not null,
    -- The StoredQueryDescription as XML that can be read alone.
    definition text not null,
    created    timestamptz not null default now(),
    primary key (scope, id)
);
