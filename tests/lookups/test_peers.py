"""Which areas stand beside the area for ranks, and which of their figures are read."""

from __future__ import annotations

import pyarrow as pa

from lmi.engine import connect, fetch
from lmi.geography import peers_of
from lmi.pipeline.build_tables import peer_figures
from lmi.registry import load


def test_the_peers_of_an_area_are_the_other_areas_of_panels_and_of_another_area_there_are_none() -> None:
    codes = pa.table(
        {
            "scheme": ["lsip", "lsip", "lsip", "lep"],
            "code": ["E69000019", "E69000001", "E69000006", "E37000019"],
            "name": ["Lancashire", "Brighton", "Cumbria", "Lancashire"],
        }
    )
    area = load().area("lancashire")
    assert peers_of(area, codes) == {"E69000001": "Brighton", "E69000006": "Cumbria"}
    assert peers_of(area.model_copy(update={"code": "E37000019"}), codes) == {}


def test_of_peers_rates_of_everybody_are_read_and_no_volume_and_no_age() -> None:
    total = dict.fromkeys(("age", "sex", "industry", "occupation"), "_T")
    read = [
        {"n": 1, "indicator_id": "residents_economic_activity", **total},
        {"n": 2, "indicator_id": "enterprise_births", **total},
        {"n": 3, "indicator_id": "destination_rate_ks4", **total},
    ]
    left = [
        {"n": 4, "indicator_id": "residents_economic_activity", **total, "age": "16-24"},
        {"n": 5, "indicator_id": "dfe_hub_residents_in_employment", **total, "occupation": "21"},
        {"n": 6, "indicator_id": "online_job_adverts", **total},
        {"n": 7, "indicator_id": "enterprises", **total},
    ]
    with connect() as con:
        con.register("o", pa.Table.from_pylist(read + left))
        kept = fetch(con, f"select n from o where {peer_figures(load())} order by n")["n"].to_pylist()
    assert kept == [1, 2, 3]


def test_every_measure_of_the_core_list_is_ranked_or_says_why_not() -> None:
    from lmi.lookups import read_results

    core = read_results().core.table.to_pylist()
    ranked = {(m["sap_ref"], m["measure"]) for m in core if not m["no_rank"]}
    assert ("business_births_and_deaths", "birth_rate") in ranked and ("A2.5", "ks4_to_education") in ranked
    # a series for ranks only stands beside one that is shown, and carries no word of its own
    for m in core:
        if m["choice"] == 0:
            assert not m["no_rank"] and not m["reason"]
            assert any((o["sap_ref"], o["measure"]) == (m["sap_ref"], m["measure"]) and o["choice"] > 0 for o in core)
