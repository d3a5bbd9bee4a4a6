"""The tables of the book. Read them through `selectors`; write them through `services`."""

from interlock.book.models.base import LongWork, Thing
from interlock.book.models.customs import (
    Claim,
    Determination,
    Discrepancy,
    DomesticPurchase,
    EndUseCheck,
    Entry,
    Hold,
)
from interlock.book.models.goods import Product, Unit
from interlock.book.models.licensing import (
    Application,
    Condition,
    ConditionText,
    Consent,
    Holder,
    Licence,
    Round,
    Statement,
)
from interlock.book.models.parties import (
    ApiToken,
    Office,
    Ownership,
    Party,
    ScreenedWith,
    Screening,
    User,
)
from interlock.book.models.record import (
    Counted,
    Delivery,
    Event,
    IdempotencyKey,
    Job,
    LabRun,
    LawText,
    OrderCount,
    Reminder,
    Replay,
    ReplayPart,
    Webhook,
)
from interlock.book.models.trade import (
    Allocation,
    AllocationRun,
    Certificate,
    DomesticShipment,
    Order,
    RunLine,
    Shipment,
    Stock,
)

__all__ = [
    "Allocation",
    "AllocationRun",
    "ApiToken",
    "Application",
    "Certificate",
    "Claim",
    "Condition",
    "ConditionText",
    "Consent",
    "Counted",
    "Delivery",
    "Determination",
    "Discrepancy",
    "DomesticPurchase",
    "DomesticShipment",
    "EndUseCheck",
    "Entry",
    "Event",
    "Hold",
    "Holder",
    "IdempotencyKey",
    "Job",
    "LabRun",
    "LawText",
    "Licence",
    "LongWork",
    "Office",
    "Order",
    "OrderCount",
    "Ownership",
    "Party",
    "Product",
    "Reminder",
    "Replay",
    "ReplayPart",
    "Round",
    "RunLine",
    "ScreenedWith",
    "Screening",
    "Shipment",
    "Statement",
    "Stock",
    "Thing",
    "Unit",
    "User",
    "Webhook",
]

THINGS: dict[str, type[Thing]] = {
    model.kind: model
    for model in (
        Party, Screening, Product, Application, Round, Licence, Condition, Statement, Order,
        AllocationRun, Allocation, Shipment, Certificate, Stock, DomesticShipment, Entry, Hold,
        DomesticPurchase, Discrepancy, EndUseCheck, Claim, Determination, Webhook,
    )
}  # fmt: skip
"""Every kind of thing by its name."""
