/* mart: dim_industry
   purpose: industries in the code lists that figures use
   grain: scheme, industry */
select
    cast(scheme as varchar) as scheme, -- id | code list
    cast(code as varchar) as industry, -- code | industry code
    cast(name as varchar) as name, -- label | name as published
    cast(level as varchar) as level, -- level | level within the code list
    cast(parent as varchar) as parent, -- code | code one level up, null at the top
    [obs_key] as inputs -- obs_key[] | cell that the code is from
from codes
where scheme in ('sic2007', 'si2035_industry', 'nomis_broad_group', 'aps_industry')
