/* mart: runs
   purpose: what this build did, step by step; times are in the run's own log, so that equal inputs give equal rows
   grain: stage, subject
   inputs: optional, a step is about tables and not about one figure */
select
    cast(stage as varchar) as stage, -- id | stage of the pipeline
    cast(subject as varchar) as subject, -- id | source, table or model that it worked on
    cast(rows_in as bigint) as rows_in, -- rows | rows read
    cast(rows_out as bigint) as rows_out, -- rows | rows written
    cast(quarantined as bigint) as quarantined, -- rows | rows refused
    cast(digest as varchar) as digest, -- digest | content digest of what was written, or empty
    cast([] as bigint[]) as inputs -- key[] | none
from run_steps
