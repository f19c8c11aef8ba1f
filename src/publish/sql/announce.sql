-- The platform's number goes up; the row's lock lasts until the commit, so that numbers follow commits.
update datasud.platform set generation = nextval('datasud.generation') returning generation
