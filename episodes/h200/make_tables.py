"""Writes orders.csv, stock.csv, test_reports.csv and domestic_shipments.csv of this episode.

The reports give totals only: over 2 million ordered, about 700,000 in stock. The lines below are
assumptions that meet those totals; nothing is random, so the same files come out every time.

Run from anywhere: `python episodes/h200/make_tables.py`
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

HERE = Path(__file__).parent
CHIPS_A_LINE = 8_000  # 1,000 boards of 8 chips
FIRST_DAY = dt.date(2025, 12, 9)  # the day after the announcement
DAYS = 22  # so every order is placed before the report of 2025-12-31
US_CUSTOMERS = ("Microsoft", "Meta", "Amazon", "Google", "Oracle")
H200_ON_SALE = "2024-10-01"  # first quarter that holds a H200 shipment (on sale 2024-11-18)

# Assumed: units wanted by each buyer. The sum, 2,080,000, is over the reported 2 million; Alibaba
# and ByteDance are over the 200,000 that each is said to have asked for.
WANTED = {
    "bytedance": 420_000,
    "alibaba": 380_000,
    "tencent": 300_000,
    "deepseek": 60_000,
    "buyer-05": 160_000,
    "buyer-06": 140_000,
    "buyer-07": 110_000,
    "buyer-08": 100_000,
    "buyer-09": 90_000,
    "buyer-10": 70_000,
    "buyer-11": 60_000,
    "buyer-12": 60_000,
    "buyer-13": 30_000,
    "buyer-14": 50_000,
    "buyer-15": 50_000,
}
USES = ("training", "inference", "cloud")


def orders() -> list[dict[str, object]]:
    """Order lines of at most 8,000 chips, buyers taking turns, one day after the other."""
    rows: list[dict[str, object]] = []
    left = dict(WANTED)
    number = 0
    while left:
        for buyer in list(left):
            quantity = min(CHIPS_A_LINE, left[buyer])
            left[buyer] -= quantity
            if not left[buyer]:
                del left[buyer]
            rows.append(order(number, buyer, quantity))
            number += 1
    rows.sort(key=lambda row: (row["placed_on"], row["order"]))
    return rows


def order(number: int, buyer: str, quantity: int) -> dict[str, object]:
    """One line. Phones and cars, and some university work, are not for data centres."""
    outside = (buyer == "buyer-09" and number % 2 == 0) or (buyer == "buyer-13" and number % 3 == 0)
    return {
        "order": f"order-{number + 1:03}",
        "buyer": buyer,
        "consignee": "integrator-cn" if buyer == "buyer-07" else buyer,
        "end_user": buyer,
        "forwarder": "carrier-hk",
        "product": "h200-sxm",
        "quantity": quantity,
        "placed_on": (FIRST_DAY + dt.timedelta(days=number % DAYS)).isoformat(),
        "destination": "SG" if buyer == "buyer-12" else "CN",
        "origin": "US",
        "end_use": "devices" if outside else USES[number % len(USES)],
        "data_centre_use": "false" if outside else "true",
        "basis": "assumption claim:orders-2m",
    }


def test_reports(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Assumed: the first two lines of each of the three licensed firms have been tested."""
    rows = []
    for buyer in ("bytedance", "alibaba", "tencent"):
        for line in [row for row in lines if row["buyer"] == buyer][:2]:
            tested = {"lab_country": "US", "independent": "true", "reported_on": "2026-01-27"}
            rows.append({"order": line["order"], **tested, "basis": "assumption"})
    return rows


def domestic_shipments() -> list[dict[str, object]]:
    """Units shipped to US customers, by quarter, as far as the open data tells.

    The data counts H100 and H200 together, so this is an upper bound for the H200.
    """
    rows: list[dict[str, object]] = []
    with (HERE / "data" / "nvidia_units_by_owner.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ours = row["chip"] == "H100/H200" and row["owner"] in US_CUSTOMERS
            if ours and row["start"] >= H200_ON_SALE:
                rows.append(
                    {
                        "exporter": "nvidia",
                        "product": "h200-sxm",
                        "customer": row["owner"],
                        "from": row["start"],
                        "last_day": row["end"],
                        "quantity": row["units_median"],
                        "basis": "source:epoch-units-by-owner assumption",
                    }
                )
    return rows


def write(name: str, rows: list[dict[str, object]]) -> None:
    """One CSV file beside this script."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write all tables."""
    lines = orders()
    write("orders.csv", lines)
    write("test_reports.csv", test_reports(lines))
    write("domestic_shipments.csv", domestic_shipments())
    stock = {"lot": "stock-1", "product": "h200-sxm", "quantity": 700_000}
    stock |= {"received_on": "2025-12-31", "basis": "claim:stock-700k assumption"}
    write("stock.csv", [stock])


if __name__ == "__main__":
    main()
