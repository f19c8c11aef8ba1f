-- The platform's number goes up; the row's lock lasts until the commit, so that numbers follow commits.
with raised as (
    update datasud.platform set generation = nextval('datasud.generation') returning generation
)
select pg_notify('datasud', json_build_object('kind', 'catalogue', 'generation', generation)::text)
from raised
