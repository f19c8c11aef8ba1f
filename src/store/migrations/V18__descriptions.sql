-- What people say of a dataset that its data can't: codes of the code lists, dates, people
-- (schemas/description.schema.json). Title, abstract, keywords and licence have columns of their own.
alter table datasud.dataset add column about jsonb not null default '{}';

-- Records as ISO 19115-3, whole: brief and summary are rarely asked for in it.
alter table datasud.record add column iso3_full bytea not null default '';
