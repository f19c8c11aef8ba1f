-- The last change of anything: layers edited by SQL raise only their own number.
select greatest((select max(generation) from datasud.platform),
                (select max(generation) from datasud.layer), 0) as generation
