-- Searching records by meaning: stems of French and English with weights, parts of the catalogue, facets, and the
-- queryables that few records have.
drop index datasud.record_words;
alter table datasud.record
    drop column words,
    -- Stems as catalogue/text makes them: title A, keywords and organisation B, abstract C, everything else D.
    add column search  tsvector not null default '',
    -- Title and keywords, lower case without accents, one a line: what is proposed while somebody types.
    add column heading text not null default '',
    -- Whether it has an INSPIRE theme, or a category of high-value datasets: those parts have addresses of their own.
    add column inspire boolean not null default false,
    add column hvd     boolean not null default false,
    -- Its INSPIRE themes by code and by French name, its topic categories.
    add column themes  text[] not null default '{}',
    -- What it is counted under: 'name=value'.
    add column facets  text[] not null default '{}',
    -- Values of further queryables: texts, numbers, times, and lists between line feeds.
    add column extra   jsonb not null default '{}';

create index record_search on datasud.record using gin (search);
create index record_heading on datasud.record using gin (heading gin_trgm_ops);
create index record_themes on datasud.record using gin (themes);
