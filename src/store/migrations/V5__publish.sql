-- What the whole platform looks like has a number too: the last change that was committed. Removals raise
-- it, which the layers' own generations can't show. Raised as the last step of each change, so that the
-- row's lock keeps the numbers in the order of the commits.
create table datasud.platform (
    one        boolean primary key default true check (one),
    generation bigint not null
);
insert into datasud.platform (generation) values (nextval('datasud.generation'));

-- Tables of earlier versions that were in use when they should have gone; tried again at the next change.
create table datasud.discarded_table (
    table_name text primary key,
    since      timestamptz not null default now()
);
