/* mart: dim_assumption
   purpose: numbers that are ours and not a publisher's, each with its reason
   grain: assumption_id */
select
    cast(assumption_id as varchar) as assumption_id, -- id | name
    cast(value as double) as value, -- unit | value, in the row's unit
    cast(unit as varchar) as unit, -- unit | unit of the value
    cast(quality as varchar) as quality, -- class | green, amber or red
    cast(basis as varchar) as basis, -- text | why this value
    [obs_key] as inputs -- obs_key[] | the declaration
from assumptions
