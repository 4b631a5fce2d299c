/* mart: freshness
   purpose: how old each source's figures are: the newest vintage in use, its release and how it reached us
   grain: source_id
   inputs: optional, a declared source may have given this build nothing */
with file_cells as (
    select snapshot_id, count(*) as cells, min(obs_key) as example
    from cells
    group by snapshot_id
),
files as (
    select
        s.source_id,
        s.vintage,
        s.part,
        s.released,
        s.released_basis,
        s.origin,
        f.cells,
        f.example,
        row_number() over (
            partition by s.source_id order by s.released desc, s.vintage desc, s.part, s.snapshot_id
        ) as age_rank
    from snapshots as s
    join file_cells as f on f.snapshot_id = s.snapshot_id
),
file_totals as (
    select source_id, count(*) as files, sum(cells) as cells, array_agg(distinct example) as examples
    from files
    group by source_id
),
figures as (
    select source_id, count(*) as figures, max(period_end) as latest_period_end
    from known
    group by source_id
),
refused as (
    select source_id, count(*) as quarantined
    from quarantine
    group by source_id
)
select
    cast(s.source_id as varchar) as source_id, -- id | source
    cast(n.vintage as varchar) as vintage, -- label | newest edition in use; null when the source gave nothing
    cast(n.released as date) as released, -- date | day from which that edition counts as known; null when the source gave nothing
    cast(n.released_basis as varchar) as released_basis, -- rule | where the release date comes from; null when the source gave nothing
    cast(n.origin as varchar) as origin, -- kind | baseline, landed, live or declared; null when the source gave nothing
    cast(date_diff('day', n.released, p.as_of) as integer) as days_since_release, -- days | from the release to the build's as-of date; null when the source gave nothing
    cast(g.latest_period_end as date) as latest_period_end, -- date | last day of the newest period; null when the source holds no figures
    cast(coalesce(g.figures, 0) as bigint) as figures, -- figures | figures of the source that the views can show
    cast(coalesce(t.cells, 0) as bigint) as cells, -- cells | published cells of the source in this build, all vintages
    cast(coalesce(t.files, 0) as bigint) as files, -- files | published files behind them
    cast(coalesce(r.quarantined, 0) as bigint) as quarantined, -- cells | cells refused, each with its rule in quarantine
    list_sort(coalesce(t.examples, cast([] as bigint[]))) as inputs -- obs_key[] | the first cell in use of each of its files
from sources as s
cross join parameters as p
left join files as n on n.source_id = s.source_id and n.age_rank = 1
left join file_totals as t on t.source_id = s.source_id
left join figures as g on g.source_id = s.source_id
left join refused as r on r.source_id = s.source_id
