/* mart: dim_source
   purpose: published datasets behind this build, with licence and the words that a quotation must carry
   grain: source_id
   inputs: optional, a declared source may have given this build nothing */
with examples as (
    select s.source_id, c.snapshot_id, min(c.obs_key) as example
    from cells as c
    join snapshots as s on s.snapshot_id = c.snapshot_id
    group by s.source_id, c.snapshot_id
),
files as (
    select source_id, array_agg(distinct example) as keys
    from examples
    group by source_id
)
select
    cast(s.source_id as varchar) as source_id, -- id | source
    cast(s.title as varchar) as title, -- label | the publisher's title
    cast(s.publisher as varchar) as publisher, -- label | publisher
    cast(s.department as varchar) as department, -- label | ONS, DfE, DWP, or the project for look-ups of its own
    cast(s.kind as varchar) as kind, -- kind | statistics or lookup
    cast(s.licence as varchar) as licence, -- id | licence
    cast(s.attribution as varchar) as attribution, -- text | words that a quotation must carry
    cast(s.url as varchar) as url, -- url | where it is published, or empty
    cast(s.notice as varchar) as notice, -- text | what the publisher asks of those who quote, or empty
    list_sort(coalesce(f.keys, cast([] as bigint[]))) as inputs -- obs_key[] | the first cell in use of each of its files
from sources as s
left join files as f on f.source_id = s.source_id
