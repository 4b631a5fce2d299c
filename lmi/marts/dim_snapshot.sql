/* mart: dim_snapshot
   purpose: published files of which this build holds cells
   grain: snapshot_id */
with used as (
    select snapshot_id, count(*) as cells, min(obs_key) as example
    from cells
    group by snapshot_id
)
select
    cast(s.snapshot_id as bigint) as snapshot_id, -- key | leading 31 bits of the file's sha256
    cast(s.source_id as varchar) as source_id, -- id | source
    cast(s.vintage as varchar) as vintage, -- label | the publisher's edition or extract date
    cast(s.part as varchar) as part, -- label | part of the edition that the file holds, or empty
    cast(s.file_name as varchar) as file_name, -- name | the published file's name
    cast(s.sha256 as varchar) as sha256, -- digest | of the published file
    cast(s.bytes as bigint) as bytes, -- bytes | size of the published file
    cast(s.released as date) as released, -- date | day from which the figures count as known
    cast(s.released_basis as varchar) as released_basis, -- rule | where the release date comes from
    cast(s.origin as varchar) as origin, -- kind | baseline, landed, live or declared
    cast(s.licence as varchar) as licence, -- id | licence of the figures
    cast(u.cells as bigint) as cells, -- cells | cells of the file in this build
    [u.example] as inputs -- obs_key[] | the first of them
from snapshots as s
join used as u on u.snapshot_id = s.snapshot_id
