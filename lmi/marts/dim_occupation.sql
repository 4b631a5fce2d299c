/* mart: dim_occupation
   purpose: occupations: SOC 2020, and SOC 2010 for older figures
   grain: scheme, occupation */
select
    cast(scheme as varchar) as scheme, -- id | code list
    cast(code as varchar) as occupation, -- code | occupation code
    cast(name as varchar) as name, -- label | name as published
    cast(level as varchar) as level, -- level | level within the code list
    cast(parent as varchar) as parent, -- code | code one level up, null at the top
    [obs_key] as inputs -- obs_key[] | cell that the code is from
from codes
where scheme in ('soc2020', 'soc2010')
