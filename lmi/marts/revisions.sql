/* mart: revisions
   purpose: what moved between the editions of each source, figure by figure, and the cause, derived by rule from the figures and look-ups
   grain: source_id, vintage_after, indicator_id, area_code, period_start, period_end, period_kind, industry, occupation, qualification, subject, sex, age, provider, detail */
with printed as (
    select published_code_before as area_code from moves where published_code_before is not null
    union
    select published_code_after as area_code from moves where published_code_after is not null
),
listed as (
    -- each look-up's members of an area, with the day from which the look-up counts as known
    select m.area_code, m.lookup, max(s.released) as released, list_sort(array_agg(distinct m.member_code)) as members, min(m.obs_key) as key
    from area_members as m
    join printed as p on p.area_code = m.area_code
    join cells as c on c.obs_key = m.obs_key
    join snapshots as s on s.snapshot_id = c.snapshot_id
    group by m.area_code, m.lookup
),
other_code as (
    -- two codes of one area: of one extent only when some look-ups give both the same members
    select b.area_code as code_before, a.area_code as code_after, min(b.key) as key_before, min(a.key) as key_after
    from listed as b
    join listed as a on a.area_code <> b.area_code
    group by b.area_code, a.area_code
    having sum(case when a.members = b.members then 1 else 0 end) = 0
),
moved_boundary as (
    -- one code whose members differ between an older look-up and a newer one
    select b.area_code, b.released as known_before, a.released as known_after, min(b.key) as key_before, min(a.key) as key_after
    from listed as b
    join listed as a on a.area_code = b.area_code and a.released > b.released and a.members <> b.members
    group by b.area_code, b.released, a.released
),
redrawn as (
    -- steps over which the boundary of their area moved, by a new code or by a newer look-up
    select m.source_id, m.vintage_after, m.obs_key_before, m.obs_key_after, min(coalesce(o.key_before, w.key_before)) as key_before, min(coalesce(o.key_after, w.key_after)) as key_after
    from moves as m
    left join other_code as o on o.code_before = m.published_code_before and o.code_after = m.published_code_after
    left join moved_boundary as w
        on w.area_code = m.published_code_after and m.published_code_before = m.published_code_after
        and w.known_after > m.released_before and w.known_after <= m.released_after
    where o.key_before is not null or w.key_before is not null
    group by m.source_id, m.vintage_after, m.obs_key_before, m.obs_key_after
)
select
    cast(m.source_id as varchar) as source_id, -- id | source
    cast(m.vintage_after as varchar) as vintage_after, -- label | edition in which the figure moved
    cast(m.indicator_id as varchar) as indicator_id, -- id | what is measured
    cast(m.area_code as varchar) as area_code, -- gss | area
    cast(m.period_start as date) as period_start, -- date | first day of the period
    cast(m.period_end as date) as period_end, -- date | last day of the period
    cast(m.period_kind as varchar) as period_kind, -- kind | kind of period
    cast(m.industry as varchar) as industry, -- code | industry, `_T` for all
    cast(m.occupation as varchar) as occupation, -- code | occupation, `_T` for all
    cast(m.qualification as varchar) as qualification, -- code | qualification, `_T` for all
    cast(m.subject as varchar) as subject, -- code | subject, `_T` for all
    cast(m.sex as varchar) as sex, -- code | sex, `_T` for all
    cast(m.age as varchar) as age, -- code | age, `_T` for all
    cast(m.provider as varchar) as provider, -- code | provider, `_T` for all
    cast(m.detail as varchar) as detail, -- code | further detail, `_T` for none
    cast(i.title as varchar) as title, -- label | what is measured, in words; null when it is not declared any more
    cast(i.unit as varchar) as unit, -- label | unit of the values; null when the indicator is not declared any more
    cast(m.vintage_before as varchar) as vintage_before, -- label | edition before
    cast(m.released_before as date) as released_before, -- date | day from which the edition before counts as known
    cast(m.released_after as date) as released_after, -- date | day from which the edition after counts as known
    cast(m.value_before as double) as value_before, -- see unit | value before; null when there was none
    cast(m.value_after as double) as value_after, -- see unit | value after; null when there is none
    cast(m.value_after - m.value_before as double) as difference, -- see unit | after less before; null when either is missing
    cast(m.status_before as varchar) as status_before, -- reason | ok, or why the value was missing or weak; null when the figure was not printed
    cast(m.status_after as varchar) as status_after, -- reason | ok, or why the value is missing or weak; null when the figure is not printed
    cast(m.maturity_before as varchar) as maturity_before, -- stage | how final the publisher called it; null when the figure was not printed
    cast(m.maturity_after as varchar) as maturity_after, -- stage | how final the publisher calls it; null when the figure is not printed
    cast(case
        when m.obs_key_before is not null and m.obs_key_after is not null
            and coalesce(m.correction_before, '') <> coalesce(m.correction_after, '') then 'correction'
        when r.key_before is not null then 'boundary'
        when m.obs_key_before is not null and m.obs_key_after is not null then 'publisher revised'
        when m.schemes_beside is not null then 'reclassified'
        when m.obs_key_after is null then 'withdrawn'
        when m.period_end > m.period_known_to then 'new period'
        else 'newly published'
    end as varchar) as cause, -- words | correction (ours began, changed or ended), boundary (the area's members changed), publisher revised, reclassified (other code list), withdrawn, new period, or newly published (a period that was known, in a table that was not)
    cast(coalesce(
        case
            when coalesce(m.correction_before, '') <> coalesce(m.correction_after, '')
                then concat(coalesce(m.correction_before, 'none'), ' -> ', coalesce(m.correction_after, 'none'))
            when r.key_before is not null then concat(m.published_code_before, ' -> ', m.published_code_after)
            when m.schemes_beside is not null and m.obs_key_after is null then concat(m.schemes, ' -> ', m.schemes_beside)
            when m.schemes_beside is not null then concat(m.schemes_beside, ' -> ', m.schemes)
        end, '') as varchar) as evidence, -- text | correction, published codes or code lists that changed, or empty
    list_sort(list_distinct(list_concat(
        case when m.obs_key_before is null then cast([] as bigint[]) else [m.obs_key_before] end,
        list_concat(
            case when m.obs_key_after is null then cast([] as bigint[]) else [m.obs_key_after] end,
            case when r.key_before is null then cast([] as bigint[]) else [r.key_before, r.key_after] end
        )
    ))) as inputs -- obs_key[] | both cells, and for a boundary the look-ups' lines
from moves as m
left join redrawn as r
    on r.source_id = m.source_id and r.vintage_after = m.vintage_after
    and coalesce(r.obs_key_before, 0) = coalesce(m.obs_key_before, 0)
    and coalesce(r.obs_key_after, 0) = coalesce(m.obs_key_after, 0)
left join indicators as i on i.indicator_id = m.indicator_id
