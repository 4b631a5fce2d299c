/* mart: dim_qualification
   purpose: qualifications: levels held, levels of provision and of apprenticeship
   grain: scheme, qualification */
select
    cast(scheme as varchar) as scheme, -- id | code list
    cast(code as varchar) as qualification, -- code | qualification code
    cast(name as varchar) as name, -- label | name as published
    cast(level as varchar) as level, -- level | level within the code list
    cast(parent as varchar) as parent, -- code | code one level up, null at the top
    [obs_key] as inputs -- obs_key[] | cell that the code is from
from codes
where scheme in ('rqf', 'nvq', 'fe_level', 'fe_provision', 'apprenticeship_level')
