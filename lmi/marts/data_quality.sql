/* mart: data_quality
   purpose: what was checked, what failed and what was refused, by source, vintage, file and rule; a check that was not run is told as such
   grain: source_id, vintage, snapshot_id, rule
   inputs: optional, a row is about a rule; refused cells are in quarantine, each with its place and text as published */
with refused as (
    select snapshot_id, rule, min(reason) as reason, count(*) as cells
    from quarantine
    group by snapshot_id, rule
),
ruled as (
    select snapshot_id, rule from checks
    union
    select snapshot_id, rule from refused
    union
    select snapshot_id, 'file.is_used' as rule from outcomes
)
select
    cast(o.source_id as varchar) as source_id, -- id | source
    cast(o.vintage as varchar) as vintage, -- label | the publisher's edition or extract date
    cast(o.snapshot_id as bigint) as snapshot_id, -- key | published file
    cast(u.rule as varchar) as rule, -- id | expectation, reason of staging or declared correction; file.is_used speaks of the file as a whole
    cast(o.layout as varchar) as layout, -- id | layout that the file was read by
    cast(o.part as varchar) as part, -- label | part of the edition that the file holds, or empty
    cast(case
        when u.rule = 'file.is_used' and o.state = 'ok' then 'passed'
        when u.rule = 'file.is_used' then 'failed'
        when c.status is not null then c.status
        else 'refused'
    end as varchar) as outcome, -- state | passed, failed, error (could not be run), not_applicable, or refused where staging or a declared correction took cells out
    cast(c.severity as varchar) as severity, -- class | critical, warning or info; null where the rule is no expectation
    cast(c.action as varchar) as action, -- rule | what a failure does: stop, quarantine or report; null where the rule is no expectation
    cast(coalesce(c.failing_rows, 0) as bigint) as failing_rows, -- rows | figures that break the expectation, over all areas of the file
    cast(coalesce(r.cells, 0) as bigint) as refused_cells, -- cells | cells in quarantine for this rule, over all areas of the file
    cast(case
        when u.rule = 'file.is_used' and o.state = 'ok' then 'the file serves figures'
        when u.rule = 'file.is_used' then o.error
        else coalesce(c.reason, r.reason)
    end as varchar) as reason, -- text | why the rule is held, or why the file was left out
    cast(coalesce(c.note, '') as varchar) as note, -- text | why it was not applicable or could not be run, or empty
    cast([] as bigint[]) as inputs -- key[] | none
from ruled as u
join outcomes as o on o.snapshot_id = u.snapshot_id
left join checks as c on c.snapshot_id = u.snapshot_id and c.rule = u.rule
left join refused as r on r.snapshot_id = u.snapshot_id and r.rule = u.rule
